/** A policy as `ip xfrm policy` prints it, or as it takes it. */
import type { AddressRange } from '../../model/address.js';
import { hasTypes } from '../../model/packet.js';
import { type Piece, spanOf } from '../common/piece.js';
import { parsePort, parseProtocol, parseRange } from '../common/selectors.js';
import { endpoint } from './build.js';
import { readNumber, type Words } from './ip-words.js';
import type { KernelPolicy, KernelSelector, KernelTemplate } from './kernel.js';

/** `src`, `dst`, `proto` and what belongs to them; undefined when one of both ends is missing. */
export interface ReadSelector {
  readonly selector?: KernelSelector;
  readonly end?: Piece;
}

/** Reads the words of a selector that begin with `src`; stops at the first one that is none of it. */
export function readSelector(words: Words): KernelSelector | undefined {
  let source: AddressRange | undefined;
  let destination: AddressRange | undefined;
  let protocol = 0;
  const ports: { source?: number; destination?: number } = {};
  let type: number | undefined;
  let code: number | undefined;
  for (let word = words.peek(); word; word = words.peek()) {
    const taken = words.takeIf('src', 'dst', 'proto', 'sport', 'dport', 'type', 'code', 'key', 'dev', 'uid', 'upspec');
    if (!taken) break;
    switch (taken.text) {
      case 'src':
        source = words.value(taken, parseRange, 'an address or prefix')?.value;
        break;
      case 'dst':
        destination = words.value(taken, parseRange, 'an address or prefix')?.value;
        break;
      case 'proto':
        protocol = words.value(taken, parseProtocol, 'a protocol')?.value ?? 0;
        break;
      case 'sport':
        ports.source = words.value(taken, parsePort, 'a port')?.value;
        break;
      case 'dport':
        ports.destination = words.value(taken, parsePort, 'a port')?.value;
        break;
      case 'type':
        type = words.number(taken);
        break;
      case 'code':
        code = words.number(taken);
        break;
      case 'uid':
        words.take();
        break;
      default: {
        const value = words.take();
        words.context.partly(spanOf(words.source, value ?? taken), `'${taken.text}' is no selector that is modelled`);
      }
    }
  }
  if (!source || !destination) return undefined;
  const types = hasTypes(protocol) && type !== undefined ? typeInterval(type, code) : undefined;
  return {
    source,
    destination,
    protocol,
    ...(ports.source ? { sourcePorts: { lo: ports.source, hi: ports.source } } : {}),
    ...(ports.destination ? { destinationPorts: { lo: ports.destination, hi: ports.destination } } : {}),
    ...(types ? { types } : {}),
  };
}

function typeInterval(type: number, code: number | undefined) {
  const base = Math.min(type, 255) * 256;
  return code === undefined
    ? { lo: base, hi: base + 255 }
    : { lo: base + Math.min(code, 255), hi: base + Math.min(code, 255) };
}

const directions = { in: 'in', out: 'out', fwd: 'fwd' } as const;

/** A policy that was read; `socket` is one of a daemon's sockets, which no other packets meet. */
export type ReadPolicy =
  | { readonly kind: 'policy'; readonly policy: KernelPolicy }
  | { readonly kind: 'socket' }
  | undefined;

/** Reads a policy; its selector is next. */
export function readPolicy(words: Words, name: string): ReadPolicy {
  const start = words.first;
  const written = readSelector(words);
  let direction: KernelPolicy['direction'] | undefined;
  let action: KernelPolicy['action'] = 'allow';
  let priority = 0;
  let priorityAt: Piece | undefined;
  let mark: number | undefined;
  let ifId: number | undefined;
  let isSub = false;
  const templates: KernelTemplate[] = [];
  for (let word = words.take(); word; word = words.take()) {
    switch (word.text) {
      case 'dir':
        direction = words.value(word, (text) => directions[text as keyof typeof directions], 'in, out or fwd')?.value;
        break;
      case 'socket':
        return { kind: 'socket' };
      case 'action':
        action =
          words.value(
            word,
            (text) => (text === 'allow' ? 'allow' : text === 'block' ? 'discard' : undefined),
            'allow or block',
          )?.value ?? 'discard';
        break;
      case 'priority':
        priorityAt = words.peek();
        priority = words.number(word) ?? 0;
        break;
      case 'ptype':
        isSub = words.take()?.text === 'sub';
        break;
      case 'mark': {
        const written = words.value(word, readMark, 'a number');
        mark = written?.value.mark;
        const mask = words.takeIf('mask') ? words.number(word) : written?.value.mask;
        if (written && mask !== undefined && mask !== 0xffff_ffff)
          words.context.partly(
            spanOf(words.source, written.at),
            'the mask of the mark is not modelled: the whole mark counts',
          );
        break;
      }
      case 'if_id':
        ifId = words.number(word);
        break;
      case 'tmpl':
        templates.push(...readTemplate(words));
        break;
      case 'index':
      case 'share':
      case 'ctx':
        words.take();
        break;
      case 'flag':
        while (words.takeIf('localok', 'icmp', 'cpu_acquire')) {
          // Flags change nothing of what is selected.
        }
        if (/^\(?0x/.test(words.peek()?.text ?? '')) words.take();
        break;
      case 'limit':
        words.take();
        words.take();
        break;
      case 'security':
      case 'offload':
        words.unknown(word);
        while (words.peek() && !['dir', 'tmpl', 'mark', 'if_id'].includes(words.peek()!.text)) words.take();
        break;
      default:
        words.unknown(word);
    }
  }
  const at = spanOf(words.source, start);
  if (!written || !direction) {
    words.context.syntax(
      words.source,
      start,
      'a policy needs src, dst and dir',
      'as: src 10.0.0.0/8 dst 10.1.0.0/16 dir out',
    );
    return undefined;
  }
  if (written.source.family !== written.destination.family) {
    words.context.badValue(at, 'the two ends of a policy are of different families');
    return undefined;
  }
  if (isSub) {
    words.context.partly(at, 'policies of type sub are not modelled');
    return undefined;
  }
  return {
    kind: 'policy',
    policy: {
      at,
      name,
      direction,
      selector: written,
      action,
      priority,
      ...(priorityAt ? { priorityAt: spanOf(words.source, priorityAt) } : {}),
      templates,
      ...(mark ? { mark } : {}),
      ...(ifId ? { ifId } : {}),
    },
  };
}

const protocols = { esp: 'ESP', ah: 'AH', comp: 'IPCOMP' } as const;
/** Words of a template; the first other one ends it. */
const templateWords = [
  'src',
  'dst',
  'proto',
  'spi',
  'reqid',
  'mode',
  'level',
  'share',
  'enc-mask',
  'auth-mask',
  'comp-mask',
];

function readTemplate(words: Words): KernelTemplate[] {
  let template: KernelTemplate = { protocol: 'ESP', mode: 'transport', isOptional: false };
  let isKnown = true;
  for (let word = words.takeIf(...templateWords); word; word = words.takeIf(...templateWords)) {
    switch (word.text) {
      case 'src':
      case 'dst': {
        const end = words.value(word, readEnd, 'an address');
        if (end?.value.address)
          template = { ...template, [word.text === 'src' ? 'source' : 'destination']: end.value.address };
        break;
      }
      case 'proto': {
        const protocol = words.value(word, (text) => text, 'a protocol');
        const known = protocols[protocol?.value as keyof typeof protocols];
        if (known) template = { ...template, protocol: known };
        else {
          isKnown = false;
          if (protocol)
            words.context.partly(spanOf(words.source, protocol.at), `templates for ${protocol.value} are not modelled`);
        }
        break;
      }
      case 'mode': {
        const mode = words.value(word, (text) => text, 'a mode');
        if (mode?.value === 'tunnel' || mode?.value === 'transport') template = { ...template, mode: mode.value };
        else if (mode) {
          template = { ...template, mode: 'tunnel' };
          words.context.partly(
            spanOf(words.source, mode.at),
            `mode ${mode.value} is not modelled, and taken for tunnel mode`,
          );
        }
        break;
      }
      case 'spi':
        template = { ...template, ...withNumber('spi', words.number(word)) };
        break;
      case 'reqid':
        template = { ...template, ...withNumber('reqid', words.number(word)) };
        break;
      case 'level':
        template = { ...template, isOptional: words.take()?.text === 'use' };
        break;
      default:
        words.take();
    }
  }
  return isKnown ? [template] : [];
}

/** `7`, or `0x7/0xff` as dumps have it. */
function readMark(text: string): { readonly mark: number; readonly mask?: number } | undefined {
  const [mark, mask] = text.split('/', 2).map(readNumber);
  if (mark === undefined) return undefined;
  return mask === undefined ? { mark } : { mark, mask };
}

function readEnd(text: string) {
  const address = endpoint(text);
  return address === 'fault' ? undefined : { address };
}

function withNumber<K extends 'spi' | 'reqid'>(key: K, value: number | undefined): { [P in K]?: number } {
  return value ? ({ [key]: value } as { [P in K]: number }) : {};
}
