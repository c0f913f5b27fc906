import type { AuthenticationMethod, PadEntry } from '../../../model/system-config.js';
import { entryPlace, entryText } from '../../configured.js';
import { defineRule } from '../../rule.js';

const signatures: ReadonlySet<AuthenticationMethod> = new Set(['RSASIG', 'DSSSIG', 'ECDSASIG', 'EDDSASIG', 'DIGSIG']);

export default defineRule({
  scope: 'system',
  code: 'AUT016',
  slug: 'eap-without-server-cert',
  severity: 'error',
  summary: 'Users prove themselves by EAP to a server that does not sign.',
  rationale:
    'Most EAP methods prove the user only. The server has to prove itself by a signature first, or anybody who holds the preshared key, that is every user, can pose as the server and collect what users answer. Only methods that authenticate both sides and make a key may stand alone (RFC 5998).',
  references: ['RFC 7296 §2.16', 'RFC 5998 §3 and §4'],
  bad: [
    'connections { rw { local_addrs = 192.0.2.2\n local { auth = psk }\n remote { auth = eap-mschapv2 }\n children { n { } } } }',
    'connections { home { remote_addrs = 192.0.2.2\n local { auth = eap-mschapv2 }\n remote { auth = psk }\n children { n { } } } }',
  ],
  good: [
    'connections { rw { local_addrs = 192.0.2.2\n local { auth = pubkey }\n remote { auth = eap-mschapv2 }\n children { n { } } } }',
    'connections { rw { local_addrs = 192.0.2.2\n local { auth = psk }\n remote { auth = psk }\n children { n { } } } }',
  ],
  check: () => [],
  *imported(context) {
    for (const entry of context.config.pad) {
      const server = serverOf(entry);
      if (!server || signatures.has(server.method.value)) continue;
      const at = entryPlace(context, entry.source, server.method.origin);
      if (!at) continue;
      yield {
        message: `${entryText(entry.source.record)} has EAP for ${server.user}, and ${server.name} proves itself by ${server.method.value}`,
        at,
        help: `let ${server.name} sign: a certificate that the users know the authority of`,
        record: entry.source.record,
      };
    }
  },
});

/** The side that answers EAP in any of its rounds is the user; the other one is the server. */
function serverOf({ localMethod, remoteMethod, localRounds = [], remoteRounds = [] }: PadEntry) {
  const isEap = ({ value }: PadEntry['localMethod']) => value === 'EAP';
  if ([remoteMethod, ...remoteRounds.map(({ method }) => method)].some(isEap))
    return { method: localMethod, name: 'this system', user: 'the peer' };
  if ([localMethod, ...localRounds.map(({ method }) => method)].some(isEap))
    return { method: remoteMethod, name: 'the peer', user: 'itself' };
  return undefined;
}
