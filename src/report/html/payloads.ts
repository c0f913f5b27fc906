/**
 * The payloads of a message on a page, each opening into its fields; what was encrypted on the wire is marked. Proofs of
 * authentication are left out: with what else is on the page, a preshared key that is easy to guess could be found from them.
 */
import type { FieldDocument } from '../negotiation/document.js';
import { type Content, element, type Markup } from './markup.js';

interface Field {
  readonly text: string;
  readonly decrypted: boolean;
  readonly children: Field[];
}

/** Payloads whose octets are made with a preshared key, and the fields that hold them. */
const proofs = /^(?:AUTH|HASH|SIG|EAP)$/;
const proofField = /^(?:data|hash|signature)(?: data)?: /;
/** Names of fields that say in a word what a payload is about, the first that is there. */
const telling = ['type', 'exchange type', 'DH group', 'method', 'ID type', 'vendor ID'];
/** Fields of lists whose members say it. */
const lists = /^(?:proposals|selectors|traffic selectors): \d/;

/** The payloads as a list that opens. */
export function payloadList(fields: readonly FieldDocument[]): Content {
  const payloads = treeOf(fields);
  if (payloads.length === 0) return element('p', { class: 'muted small' }, 'Its content is that of the packet.');
  return groups(payloads);
}

/** Neighbours that were encrypted stand in one frame. */
function groups(payloads: readonly Field[]): Content {
  const content: Markup[] = [];
  for (let start = 0; start < payloads.length; ) {
    const { decrypted } = payloads[start]!;
    let end = start;
    while (end < payloads.length && payloads[end]!.decrypted === decrypted) end += 1;
    const members = payloads.slice(start, end).map(payload);
    content.push(
      decrypted
        ? element('div', { class: 'enc' }, element('p', { class: 'small good' }, 'Encrypted on the wire:'), members)
        : element('div', {}, members),
    );
    start = end;
  }
  return content;
}

function payload({ text, children }: Field): Markup {
  const inner = children.filter(({ decrypted }) => decrypted);
  const own = children.filter(({ decrypted }) => !decrypted);
  const isProof = proofs.test(text);
  return element(
    'details',
    { class: 'payload', open: inner.length > 0 },
    element(
      'summary',
      {},
      element('b', { class: 'mono' }, text),
      element('span', { class: 'muted small' }, about(children)),
    ),
    fieldList(own, isProof),
    inner.length > 0 && groups(inner),
  );
}

function about(children: readonly Field[]): string {
  for (const name of telling) {
    const found = children.find(({ text }) => text.startsWith(`${name}: `));
    if (!found) continue;
    const value = found.text.slice(name.length + 2);
    const data = name === 'ID type' ? children.find(({ text }) => text.startsWith('data: ')) : undefined;
    return ` ${value}${data ? `, ${data.text.slice('data: '.length)}` : ''}`;
  }
  const list = children.find(({ text }) => lists.test(text));
  if (list) return ` ${list.children.map(memberText).join('; ')}`;
  return '';
}

/** Of `proposal 1: 1: ESP` the protocol with its transforms; of `traffic selector 1: 192.0.2.1 TCP 443` what is behind the number. */
function memberText({ text, children }: Field): string {
  const name = text.replace(/^[a-z ]+\d+: (?:\d+: )?/, '');
  const transforms = children.find((child) => child.text.startsWith('transforms: '));
  return transforms ? `${name}: ${transforms.children.map(memberText).join(', ')}` : name;
}

function fieldList(fields: readonly Field[], isProof: boolean): Content {
  if (fields.length === 0) return undefined;
  return element(
    'ul',
    {},
    fields.map(({ text, children }) => element('li', {}, fieldText(text, isProof), fieldList(children, isProof))),
  );
}

function fieldText(text: string, isProof: boolean): Content {
  if (!isProof || !proofField.test(text)) return element('code', {}, text);
  const name = text.slice(0, text.indexOf(':'));
  return [element('code', {}, `${name}: `), element('i', { class: 'muted' }, 'not shown, it is made with a key')];
}

/** Lines with depths as a tree. */
function treeOf(fields: readonly FieldDocument[]): Field[] {
  const roots: Field[] = [];
  const path: Field[] = [];
  for (const { depth, text, decrypted } of fields) {
    const field: Field = { text, decrypted: decrypted === true, children: [] };
    path.length = Math.min(path.length, depth);
    (path.at(-1)?.children ?? roots).push(field);
    path.push(field);
  }
  return roots;
}
