/** `plan` of the library: what a policy would put into a kernel that holds nothing yet. */

import { UsageError } from '../model/tool-error.js';
import type { PlanDocument } from '../report/plan.js';
import { openSession } from '../services/host-session.js';
import { planHost } from '../services/plan.js';
import { planDocument } from '../services/plan-document.js';

export interface PlanPolicyOptions {
  /** Name of the system, where the paths hold several. */
  readonly host?: string;
}

/**
 * Compiles a policy for Linux's XFRM, as `ipsec plan --assume-empty` does; this host is neither read nor touched. Throws
 * UsageError for records with faults, EnvironmentError for what the kernel cannot express, naming the record.
 */
export async function plan(paths: string | readonly string[], { host }: PlanPolicyOptions = {}): Promise<PlanDocument> {
  const session = await openSession({ assumeEmpty: true });
  try {
    const planned = await planHost(session, {
      paths: typeof paths === 'string' ? [paths] : paths,
      assumeEmpty: true,
      ...(host === undefined ? {} : { host }),
    });
    if (planned.kind === 'faulty')
      throw new UsageError('the records have faults, so what they mean is not certain enough for a host', {
        code: 'RECORDS_FAULTY',
        hints: planned.problems.slice(0, 20).map(({ code, message }) => `${code}: ${message}`),
      });
    return planDocument(session, planned);
  } finally {
    session.close();
  }
}
