/** The messages of a dry run as a picture: what sets SAs up, the first packets through them, the first rekeys. */
import type { SequenceMessage, SequencePicture } from '../../report/graph/picture.js';
import { briefly, condensed, remarksOf } from '../../report/ladder.js';
import type { MessageDocument, NegotiationDocument, RunDocument } from '../../report/negotiation/document.js';

/** One run of a dry run; `all` shows every packet. */
export function sequenceOf(
  run: RunDocument,
  { assumptions }: Pick<NegotiationDocument, 'assumptions'>,
  all = false,
): SequencePicture {
  const shown = all ? run.messages : condensed(run.messages);
  const lifelines = [
    ...new Set([
      run.initiator,
      ...shown.flatMap(({ from, to }) => [from, to]).filter((name) => name !== run.responder),
    ]),
    run.responder,
  ];
  const leftOut = run.messages.length - shown.length;
  return {
    kind: 'sequence',
    packet: run.packet,
    lifelines,
    messages: shown.map((message) => messageOf(message, lifelines, all)),
    verdict: run.verdict,
    notes: [
      ...(leftOut > 0 ? [`${leftOut} more packets are left out`] : []),
      ...assumptions.map((assumption) => `assumed: ${assumption}`),
    ],
  };
}

function messageOf(message: MessageDocument, lifelines: readonly string[], all: boolean): SequenceMessage {
  const { at, from, to, title, text, lost } = message;
  const remarks = remarksOf(message);
  const payloads = all ? text : briefly(text);
  return {
    at,
    from: lifelines.indexOf(from),
    to: lifelines.indexOf(to),
    title,
    text: `${payloads}${remarks.length > 0 ? `  (${remarks.join('; ')})` : ''}`,
    kind: kindOf(message),
    ...(lost === undefined ? {} : { lost }),
  };
}

function kindOf({ title }: MessageDocument): SequenceMessage['kind'] {
  if (/^(?:ESP|AH) /.test(title)) return 'protected';
  return title === 'in the clear' || title === 'fragment' || title === 'IP' ? 'clear' : 'ike';
}
