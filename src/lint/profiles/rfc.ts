import type { GuidanceProfile } from './profile.js';

/**
 * The default. It asks for nothing of its own: the severities of the rules follow these RFCs already, and
 * `levels.ts` holds their tables for the notes.
 */
export const rfc: GuidanceProfile = {
  name: 'rfc',
  title: 'RFC 8221 and RFC 8247',
  edition: 'October and September 2017, updated by RFC 9395 (April 2023)',
  citation: 'RFC 8221 (ESP and AH algorithms), RFC 8247 (IKEv2 algorithms), RFC 9395 (IKEv1 and retired algorithms)',
  summary: 'The requirement levels of the IETF; no ceilings for lifetimes.',
  severities: [],
  demands: [],
};
