/** Windows' IKE and AuthIP service, as far as its documentation tells. */
import type { PeerProfile } from './peer-profile.js';
import { strictRfc } from './strict-rfc.js';

export const windows: PeerProfile = {
  ...strictRfc,
  name: 'windows',
  title: 'Windows',
  summary: 'The IKEEXT service of Windows.',
  narrowing: { value: 'exact-in-transport', note: 'No narrowing in transport mode (features reference, D3).' },
};
