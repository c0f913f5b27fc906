/** What both workers have in common: messages of the main thread, answers to them, and what is told on its own account. */
import type { MessagePort } from 'node:worker_threads';
import type { DropReason } from '../../../engine/ipsec/drop.js';
import type { PeerMove } from '../../../engine/ipsec/peer-move.js';
import type { KeyFault, SaEvent, SaId, SaParameters } from '../../../engine/ipsec/sa.js';
import type { SystemConfig } from '../../../model/system-config.js';
import type { Answer, AnswerMessage, FromWorker, ToWorker } from '../messages.js';
import { saParametersOf } from '../messages.js';
import type { CachedFlow, SaUsageReport } from '../report.js';
import type { Backlog } from './events.js';
import type { Telling } from './policies.js';

/** What the messages are carried out on. */
export interface Core {
  setConfig(config: SystemConfig): void;
  addSa(parameters: SaParameters): KeyFault | undefined;
  removeSa(id: SaId): boolean;
  movePeer(move: PeerMove): void;
  usage(ids: readonly SaId[] | undefined): readonly SaUsageReport[];
  flows(max: number): Iterable<CachedFlow>;
}

/** Receives the next message without waiting, as worker_threads' `receiveMessageOnPort`. */
export type Receive = (port: MessagePort) => { readonly message: unknown } | undefined;

/** Messages that are taken in one turn; packets come between. */
const messagesPerTurn = 256;

export class Control implements Telling {
  readonly #port: MessagePort;
  readonly #backlog: Backlog;
  readonly #receive: Receive;

  constructor(port: MessagePort, backlog: Backlog, receive: Receive) {
    this.#port = port;
    this.#backlog = backlog;
    this.#receive = receive;
  }

  /** Carries out what has come; `other` takes what only one of the workers does. Gives whether to stop. */
  take(core: Core, other: (message: ToWorker) => void): { readonly stop: boolean; readonly more: boolean } {
    const answers: AnswerMessage[] = [];
    const taken = this.#takeMessages(core, other, answers);
    if (answers.length > 0) this.#post({ kind: 'answers', answers });
    return taken;
  }

  #takeMessages(core: Core, other: (message: ToWorker) => void, answers: AnswerMessage[]) {
    for (let count = 0; count < messagesPerTurn; ) {
      const received = this.#receive(this.#port);
      if (!received) return { stop: false, more: false };
      for (const message of received.message as readonly ToWorker[]) {
        if (message.kind === 'stop') return { stop: true, more: false };
        const answer = this.#carryOut(message, core, other);
        if (answer && 'request' in message) answers.push({ request: message.request, answer });
        count += 1;
      }
    }
    return { stop: false, more: true };
  }

  #carryOut(message: ToWorker, core: Core, other: (message: ToWorker) => void): Answer | undefined {
    switch (message.kind) {
      case 'add': {
        const fault = core.addSa(saParametersOf(message.sa));
        return fault ? { kind: 'fault', fault } : { kind: 'done' };
      }
      case 'remove':
        return { kind: 'removed', wasThere: core.removeSa(message.id) };
      case 'move':
        core.movePeer(message.move);
        return { kind: 'done' };
      case 'usage':
        return { kind: 'usage', reports: core.usage(message.ids) };
      case 'flows':
        return { kind: 'flows', flows: [...core.flows(message.max)] };
      case 'config':
        // What is told from here on counts by the new policies.
        other(message);
        core.setConfig(message.config);
        return { kind: 'done' };
      default:
        other(message);
        return undefined;
    }
  }

  ready(): void {
    this.#post({ kind: 'ready' });
  }

  sa(event: SaEvent, more: number): void {
    this.tell({ kind: 'sa', event, more });
  }

  drop(reason: DropReason, why: string, more: number): void {
    this.tell({ kind: 'drop', reason, why, more });
  }

  fault(why: string, isFatal: boolean): void {
    this.#post({ kind: 'fault', why, isFatal });
  }

  /** Tells it, unless the main thread is behind; then false. */
  tell(message: FromWorker): boolean {
    if (!this.#backlog.enter()) return false;
    this.#post(message);
    return true;
  }

  #post(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}
