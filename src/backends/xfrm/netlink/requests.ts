/** Changes as netlink requests. */
import type { Change } from '../../backend.js';
import { messageTypes } from './constants.js';
import { encodePolicy, encodePolicyId } from './policies.js';
import { encodeSa, encodeSaId } from './sas.js';
import type { Request } from './socket.js';

/**
 * The request that makes a change. NEWPOLICY and NEWSA refuse what is there, and DELPOLICY goes by the index, so nothing of others is
 * overwritten or removed.
 */
export function requestOf(change: Change): Request {
  if (change.object === 'policy') {
    switch (change.kind) {
      case 'create':
        return { type: messageTypes.newPolicy, body: encodePolicy(change.after) };
      case 'replace':
        return { type: messageTypes.updatePolicy, body: encodePolicy(change.after) };
      case 'delete':
        return { type: messageTypes.deletePolicy, body: encodePolicyId(change.before, change.before.index) };
    }
  }
  return change.kind === 'create'
    ? { type: messageTypes.newSa, body: encodeSa(change.after) }
    : { type: messageTypes.deleteSa, body: encodeSaId(change.before) };
}
