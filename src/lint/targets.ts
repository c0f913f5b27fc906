/** Where a system's policies are meant to run, as far as anybody said. */
import type { Dialect } from '../model/language/dialect.js';
import type { HostFacts, SystemContext } from './context.js';
import { cite, guidanceOf } from './profiles/active.js';

export type Target = NonNullable<HostFacts['target']>;

export interface NamedTarget {
  readonly target: Target;
  /** The records that it reads. */
  readonly dialect?: Dialect;
  /** Who says so, as a note. */
  readonly why: string;
}

/** The latest version of the product. */
const productDialect: Dialect = 'A.03.02';

/** The targets that the inventory and the profiles name, each once. */
export function targetsOf({ host, settings }: Pick<SystemContext, 'host' | 'settings'>): readonly NamedTarget[] {
  const found: NamedTarget[] = [];
  if (host?.target) {
    found.push({
      target: host.target,
      ...(host.target === 'hpux' ? { dialect: productDialect } : {}),
      why: `the inventory says that ${host.name} is a target of kind ${host.target}`,
    });
  }
  for (const demand of guidanceOf(settings).demands('target')) {
    if (found.some(({ target }) => target === demand.target)) continue;
    found.push({
      target: demand.target,
      ...(demand.dialect ? { dialect: demand.dialect } : {}),
      why: `by profile ${demand.by.name}: ${cite(demand)}`,
    });
  }
  return found;
}
