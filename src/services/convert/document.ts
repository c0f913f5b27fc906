/** A conversion and its proof as plain data. */
import type { Loss } from '../../dialects/dialect.js';
import { formatPacket } from '../../model/packet.js';
import { formatBox } from '../../model/selector/format-box.js';
import type { Span } from '../../model/span.js';
import type { SpdEntry } from '../../model/system-config.js';
import { describeAction } from '../../model/treatment.js';
import type { ConversionDocument, LossDocument, PlaceDocument, ProofDocument } from '../../report/conversion.js';
import type { Conversion } from './convert.js';
import type { Proof } from './prove.js';

/** `written` are the places of the files, in their order. */
export function conversionDocument(
  conversion: Conversion,
  written: readonly string[] | undefined,
  proof: Proof | undefined,
): ConversionDocument {
  const { original, from, to, files, losses, problems } = conversion;
  return {
    system: original.name,
    from: { format: from, files: original.sources.map(({ path }) => path) },
    to,
    files: files.map(({ path, masked, isSecret }, at) => ({
      path,
      secret: isSecret,
      ...(written?.[at] === undefined ? {} : { written: written[at] }),
      text: masked,
    })),
    losses: losses.map(lossDocument),
    problems: problems.map(({ code, severity = 'error', message, at, help }) => ({
      code,
      severity,
      message,
      place: placeOf(at),
      ...(help === undefined ? {} : { help }),
    })),
    ...(proof ? { proof: proofDocument(proof) } : {}),
  };
}

function lossDocument(loss: Loss): LossDocument {
  const { effect, message, source } = loss;
  const remedy = remedyOf(loss);
  return {
    effect,
    message,
    ...(source?.at && source.at.source.path !== '' ? { place: placeOf(source.at) } : {}),
    ...(remedy === undefined ? {} : { remedy }),
  };
}

function placeOf({ source, start }: Span): PlaceDocument {
  return { path: source.path, ...source.position(start) };
}

/** What to do about a loss whose writer says nothing better. */
function remedyOf({ effect, remedy }: Loss): string | undefined {
  if (remedy !== undefined) return remedy;
  switch (effect) {
    case 'packets':
      return 'see what becomes of these packets before the result is used; --prove shows all of them';
    case 'negotiation':
      return 'agree with the peer on what is left, or write it into the result by hand';
    case 'local':
      return undefined;
  }
}

function proofDocument({ isProved, packets, runs, peers, notes }: Proof): ProofDocument {
  return {
    proved: isProved,
    packets: packets.treatment.map((change) => ({
      traffic: change.traffic,
      before: treatment(change.before),
      after: treatment(change.after),
      packets: change.packets.map(formatBox),
      witness: formatPacket(change.witness),
    })),
    truncated: packets.truncated,
    peers,
    negotiations: runs.map(({ peer, isGiven, initiator, packet, before, differences }) => ({
      peer,
      given: isGiven,
      initiator,
      packet,
      outcome: before.reason === undefined ? before.word : `${before.word}: ${before.reason}`,
      works: before.reason === undefined,
      differences,
    })),
    notes,
  };
}

function treatment(entry: SpdEntry | undefined): string {
  if (!entry) return 'DISCARD (no policy)';
  const { action, source } = entry;
  const flags =
    action.kind === 'PROTECT'
      ? [
          action.populateFromPacket ? 'an SA for each flow' : '',
          action.fallbackToClear ? 'in the clear where IKE fails' : '',
        ].filter(Boolean)
      : [];
  return `${[describeAction(action), ...flags].join(', ')} (${source.record.name})`;
}
