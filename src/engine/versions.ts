/** The versions of IKE that an engine speaks unless somebody wants fewer. */
import type { IkeVersionFactory } from './ike-version.js';
import { ikev1 } from './ikev1/ikev1.js';
import { ikev2 } from './ikev2/ikev2.js';

export const ikeVersions: readonly IkeVersionFactory[] = [ikev2, ikev1];
