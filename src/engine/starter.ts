/**
 * What a system starts by itself: the SAs that its configuration wants as soon as it is up (start_action, auto=start, -start), and
 * again when they come to nothing or are lost, as far as the product does that. What packets ask for is not its matter.
 */
import type { SaTemplate, SpdEntry } from '../model/system-config.js';
import { requestWithoutPacket } from './child-request.js';
import type { Environment } from './environment.js';
import type { BeginReason, EngineEvent } from './event.js';
import type { ChildRequest } from './input.js';
import type { Millis } from './ipsec/sa.js';
import type { EngineOutput } from './output.js';
import { createTimers } from './timers.js';

/** Something to be begun now, or why it cannot be. */
export type Start =
  | { readonly kind: 'request'; readonly why: BeginReason; readonly request: ChildRequest }
  | { readonly kind: 'impossible'; readonly event: Extract<EngineEvent, { kind: 'failed' }> };

export interface Starter {
  /** The system is up. */
  begin(): readonly Start[];
  /** What is to be sought again. */
  due(now: Millis): readonly Start[];
  next(): Millis | undefined;
  /** Looks at what came of something. */
  note(outputs: readonly EngineOutput[], now: Millis): void;
}

interface Kept {
  readonly request: ChildRequest;
  /** Pairs that there are, by serial; whoever has begun them. */
  readonly pairs: Set<number>;
  /** Waits since the last time that there was one. */
  waits: number;
}

export function createStarter({ view, profile }: Pick<Environment, 'view' | 'profile'>): Starter {
  const schedule = profile.keepsStarted.value;
  /** By the source of the template, which events name. */
  const kept = new Map<SaTemplate['source'], Kept>();
  const ofPair = new Map<number, SaTemplate['source']>();
  const timers = createTimers<SaTemplate['source']>();

  function seekLater(source: SaTemplate['source'], of: Kept, now: Millis, notBefore: Millis): void {
    if (!schedule || of.pairs.size > 0) return;
    const wait = Math.min(schedule.longestMillis, schedule.firstMillis + of.waits * schedule.addedMillis);
    of.waits += 1;
    timers.set(source, Math.max(notBefore, now + wait));
  }

  function noteEvent(event: EngineEvent, now: Millis): void {
    if (event.kind !== 'child-sa' || event.change === 'moved') return;
    if (event.change !== 'closed') {
      const source = event.sa.template;
      const of = kept.get(source);
      if (!of) return;
      of.pairs.add(event.sa.name.serial);
      of.waits = 0;
      ofPair.set(event.sa.name.serial, source);
      timers.cancel(source);
      return;
    }
    const { serial } = event.name;
    const source = ofPair.get(serial);
    const of = source && kept.get(source);
    if (!of) return;
    ofPair.delete(serial);
    of.pairs.delete(serial);
    seekLater(source, of, now, now);
  }

  return {
    begin() {
      return wantedOf(view.config).map(({ entry, template }): Start => {
        const request = requestWithoutPacket(view.config, entry, template);
        if (!request) return impossible(template, 'it names no single address of a peer');
        // Each flow has a pair of its own, and there is no flow yet.
        if (entry.action.kind === 'PROTECT' && entry.action.populateFromPacket)
          return impossible(template, 'it is for each flow by itself, and there is none yet');
        if (!kept.has(template.source)) kept.set(template.source, { request, pairs: new Set(), waits: 0 });
        return { kind: 'request', why: 'configured', request };
      });
    },
    due(now) {
      return timers.due(now).flatMap((source): Start[] => {
        const of = kept.get(source);
        return of && of.pairs.size === 0 ? [{ kind: 'request', why: 'kept up', request: of.request }] : [];
      });
    },
    next: () => timers.next(),
    note(outputs, now) {
      if (kept.size === 0) return;
      for (const output of outputs) {
        if (output.kind === 'event') noteEvent(output.event, now);
        else if (output.kind === 'request-failed') {
          const { source } = output.request.template;
          const of = kept.get(source);
          if (of) seekLater(source, of, now, output.retryAt);
        }
      }
    },
  };
}

/** The templates that are to be started, each once; of a bundle the outer SA before the inner ones, which go through it. */
function wantedOf({
  spd,
  forwardSpd,
}: {
  readonly spd: readonly SpdEntry[];
  readonly forwardSpd: readonly SpdEntry[];
}) {
  const wanted = new Map<SaTemplate['source'], { readonly entry: SpdEntry; readonly template: SaTemplate }>();
  for (const entry of [...spd, ...forwardSpd]) {
    if (entry.action.kind !== 'PROTECT') continue;
    for (const template of [...entry.action.bundle].reverse()) {
      const isWanted = template.start?.value === 'START' && !template.manual;
      if (isWanted && !wanted.has(template.source)) wanted.set(template.source, { entry, template });
    }
  }
  return [...wanted.values()];
}

function impossible({ source }: SaTemplate, why: string): Start {
  const text = `${source.record.kind} '${source.record.name}' is to be started, but ${why}`;
  return {
    kind: 'impossible',
    event: {
      kind: 'failed',
      failure: {
        code: 'may-not-initiate',
        attempt: 'Child SA',
        foundBy: 'us',
        role: 'initiator',
        text,
        records: [source],
      },
    },
  };
}
