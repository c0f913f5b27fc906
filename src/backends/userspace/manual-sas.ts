/** SAs with keys from records come and go with the policies: those that a change leaves as they are keep their sequence numbers. */
import { manualSas } from '../../engine/ipsec/manual.js';
import type { KeyFault, SaParameters } from '../../engine/ipsec/sa.js';
import type { Secret } from '../../model/secret.js';
import type { SystemConfig } from '../../model/system-config.js';
import { saMessage } from './messages.js';

export interface ManualChanges {
  readonly gone: readonly SaParameters[];
  readonly come: readonly SaParameters[];
  readonly kept: readonly SaParameters[];
  readonly faults: readonly KeyFault[];
}

/** What becomes of the manual SAs that are there when other policies come. */
export function manualChanges(present: readonly SaParameters[], config: SystemConfig): ManualChanges {
  const faults: KeyFault[] = [];
  const wanted: SaParameters[] = [];
  for (const made of manualSas(config)) {
    if ('why' in made) faults.push(made);
    else wanted.push(made);
  }
  const kept = present.filter((sa) => wanted.some((other) => isSame(sa, other)));
  return {
    gone: present.filter((sa) => !kept.includes(sa)),
    come: wanted.filter((sa) => !present.some((other) => isSame(sa, other))),
    kept,
    faults,
  };
}

function isSame(a: SaParameters, b: SaParameters): boolean {
  return (
    text(a) === text(b) &&
    equalKeys(a.keys.encryption, b.keys.encryption) &&
    equalKeys(a.keys.authentication, b.keys.authentication)
  );
}

/** Everything but the keys. */
function text(sa: SaParameters): string {
  const { encryptionKey, authenticationKey, ...rest } = saMessage(sa);
  return JSON.stringify(rest, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
}

function equalKeys(a: Secret | undefined, b: Secret | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}
