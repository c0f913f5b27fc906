/** Whether a Child SA that is agreed on can be had: what carries a system's packets may lack what IKE has settled on. */
import { type InstallQuestion, type InstallVerdict, installable } from '../model/peer-profile/data-path.js';
import type { Environment } from './environment.js';

export type DataPathRefusal = Extract<InstallVerdict, { readonly kind: 'refused' }>;

/** Why the data path of this system refuses an SA; undefined where it takes it. */
export function dataPathRefusal(
  { dataPath, view }: Environment,
  sa: Omit<InstallQuestion, 'dataPath' | 'addresses'>,
): DataPathRefusal | undefined {
  if (dataPath === undefined) return undefined;
  const verdict = installable({ ...sa, dataPath, addresses: view.config.addresses });
  return verdict.kind === 'refused' ? verdict : undefined;
}
