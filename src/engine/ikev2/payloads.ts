/** Payloads of a message by kind, for those who read them, and short ways to make our own. */
import type { IkeSaName } from '../input.js';
import type { NotifyPayload } from '../wire/payloads/notify.js';
import { type Ikev2Payload, type Ikev2PayloadOfKind, ikev2Payload } from '../wire/payloads/table.js';
import { isErrorNotify, notifyTypes, protocolIds } from '../wire/registry.js';

export type NotifyName = keyof typeof notifyTypes.number;
export type KnownKind = Exclude<Ikev2Payload['kind'], 'unknown' | 'SK' | 'SKF'>;
export type BodyOf<K extends KnownKind> = Ikev2PayloadOfKind<K>['body'];

/** The payloads of one message. */
export class Payloads {
  readonly list: readonly Ikev2Payload[];

  constructor(list: readonly Ikev2Payload[]) {
    this.list = list;
  }

  count(kind: Ikev2Payload['kind']): number {
    let count = 0;
    for (const payload of this.list) if (payload.kind === kind) count += 1;
    return count;
  }

  first<K extends KnownKind>(kind: K): BodyOf<K> | undefined {
    for (const payload of this.list) if (payload.kind === kind) return payload.body as BodyOf<K> | undefined;
    return undefined;
  }

  all<K extends KnownKind>(kind: K): readonly BodyOf<K>[] {
    const bodies: BodyOf<K>[] = [];
    for (const payload of this.list) if (payload.kind === kind) bodies.push(payload.body as BodyOf<K>);
    return bodies;
  }

  notify(name: NotifyName): NotifyPayload | undefined {
    const number = notifyTypes.number[name];
    for (const payload of this.list) if (payload.kind === 'N' && payload.body.type === number) return payload.body;
    return undefined;
  }

  /** The first notification of an error. */
  error(): NotifyPayload | undefined {
    for (const payload of this.list) if (payload.kind === 'N' && isErrorNotify(payload.body.type)) return payload.body;
    return undefined;
  }
}

const empty = new Uint8Array(0);

/** A notification about nothing that has an SPI. */
export function notification(name: NotifyName, data: Uint8Array = empty): Ikev2Payload {
  return ikev2Payload('N', { protocolId: 0, type: notifyTypes.number[name], spi: empty, data });
}

/** A notification about a Child SA. */
export function childNotification(name: NotifyName, protocol: 'ESP' | 'AH', spi: Uint8Array): Ikev2Payload {
  return ikev2Payload('N', {
    protocolId: protocolIds.number[protocol],
    type: notifyTypes.number[name],
    spi,
    data: empty,
  });
}

/** `NO_PROPOSAL_CHOSEN`, or the number where it has no name. */
export function notifyName({ type }: NotifyPayload): string {
  return notifyTypes.brief(type);
}

/** `IKEv2 SA 7`, for texts. */
export function ikeSaText({ version, serial }: IkeSaName): string {
  return `IKEv${version} SA ${serial}`;
}
