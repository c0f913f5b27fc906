/** Changes for a side that refuses the other one's certificate: trust in the authorities that the other one names. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Sourced } from '../../../model/origin.js';
import type { Walk } from '../../../model/peer/steps.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import { credentialPaths } from '../../credentials/read-credentials.js';
import type { Side } from '../plan.js';
import type { NegotiatingSystem } from '../systems.js';
import type { Change } from './change.js';
import type { Ends } from './ike-changes.js';
import { patchPad } from './patches.js';
import { ownerText, setArguments, writtenRecord } from './record-text.js';

/** `refusing` is the side that does not believe. Whether it is trust that lacks, a run tells. */
export function trustChanges(walk: Walk, { systems, initiator }: Ends, refusing: Side): Change[] {
  const [initiatorPad, responderPad] = [walk.ike?.initiatorPad, walk.ike?.responderPad];
  const [own, peer] = refusing === initiator ? [initiatorPad, responderPad] : [responderPad, initiatorPad];
  const [system, other] = [systems[refusing], systems[refusing === 'a' ? 'b' : 'a']];
  const [authority] = peer?.authorities ?? [];
  if (!own || !peer || !authority) return [];
  const record = writtenRecord(system, own.source) as AuthRecord | undefined;
  const file = fromRecord(system, record, pathOf(other, authority));
  return [
    {
      side: refusing,
      source: own.source,
      title: `trust in ${ownerText(system, own.source)} the authority that ${ownerText(other, peer.source)} of ${other.name} names`,
      ...(record?.kind === 'auth' && file !== undefined
        ? { edits: setArguments(record, [{ name: 'ca', origin: record.ca?.origin, value: file }]) }
        : {}),
      patch: patchPad(own, { authorities: peer.authorities ?? [] }),
    },
  ];
}

function pathOf({ files }: NegotiatingSystem, named: Sourced<string>): string | undefined {
  if (path.isAbsolute(named.value) && files.fileRoot === undefined) return undefined;
  return credentialPaths(named, files).find((file) => existsSync(file));
}

/** A path as a record writes it: from the folder of its file. */
function fromRecord(
  { files }: NegotiatingSystem,
  record: AuthRecord | undefined,
  file: string | undefined,
): string | undefined {
  const recordFile = record && files.recordFiles.get(record.at.source.path);
  if (recordFile === undefined || recordFile === '-' || file === undefined) return undefined;
  const relative = path.relative(path.dirname(recordFile), file);
  return /^[\w./-]+$/.test(relative) ? relative : undefined;
}
