/** Whether a Child SA that is agreed on can be had: what carries a system's packets may lack what IKE has settled on. */
import type { Address } from '../model/address.js';
import {
  allowPeerSetting,
  type InstallQuestion,
  type InstallVerdict,
  installable,
} from '../model/peer-profile/data-path.js';
import type { SaTemplate } from '../model/system-config.js';
import type { Environment } from './environment.js';
import { productSetting } from './product-setting.js';

export type DataPathRefusal = Extract<InstallVerdict, { readonly kind: 'refused' }>;

/** Why the data path of this system refuses an SA for a template; undefined where it takes it. */
export function dataPathRefusal(
  env: Environment,
  { sha256Truncated }: Pick<SaTemplate, 'sha256Truncated'>,
  sa: Omit<InstallQuestion, 'dataPath' | 'addresses' | 'allowPeer' | 'truncatesSha256'>,
  /** Own addresses beyond those of the configuration. */
  virtualAddresses: readonly Address[] = [],
): DataPathRefusal | undefined {
  const { dataPath, view } = env;
  if (dataPath === undefined) return undefined;
  const allowPeer = productSetting(env, allowPeerSetting) === true;
  const verdict = installable({
    ...sa,
    dataPath,
    addresses: [...view.config.addresses, ...virtualAddresses],
    allowPeer,
    truncatesSha256: sha256Truncated?.value ?? false,
  });
  return verdict.kind === 'refused' ? verdict : undefined;
}
