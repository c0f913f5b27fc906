import { describe, expect, it } from 'vitest';
import {
  bytes,
  chain,
  countOf,
  type Decoded,
  decode,
  encode,
  formatDecodeError,
  fromHex,
  inspect,
  list,
  reserved,
  rest,
  shown,
  sized,
  sizeOf,
  struct,
  tagged,
  textPreview,
  toHex,
  totalLength,
  u8,
  u16,
  u24,
  u32,
  u64,
  u128,
  viewed,
  when,
} from '../../../src/engine/wire/codec.js';
import { notesMax } from '../../../src/engine/wire/limits.js';

function errorOf(codec: Parameters<typeof decode>[0], hex: string): string {
  const decoding = decode(codec, fromHex(hex)!);
  return decoding.ok ? 'decoded' : formatDecodeError(decoding.error);
}

describe('numbers', () => {
  it.each([
    { codec: u8, hex: 'ff', value: 0xff },
    { codec: u16, hex: 'fffe', value: 0xfffe },
    { codec: u24, hex: 'fffefd', value: 0xfffefd },
    { codec: u32, hex: 'fffefdfc', value: 0xfffefdfc },
  ])('$hex is $value', ({ codec, hex, value }) => {
    expect(decode(codec, fromHex(hex)!)).toEqual({ ok: true, value, notes: [] });
    expect(toHex(encode(codec, value))).toBe(hex);
    expect(errorOf(codec, hex.slice(2))).toMatch(/^at octet 0: expected \d octets?, found \d octets? left$/);
    expect(errorOf(codec, `${hex}00`)).toBe(`at octet ${hex.length / 2}: expected nothing more, found 1 octet`);
    for (const wrong of [-1, 2 ** (hex.length * 4), 0.5, Number.NaN]) {
      expect(() => encode(codec, wrong)).toThrow(RangeError);
    }
  });

  it('of 64 and 128 bits are bigint', () => {
    expect(decode(u64, fromHex('8000000000000001')!)).toMatchObject({ value: 0x8000000000000001n });
    expect(toHex(encode(u64, 0x8000000000000001n))).toBe('8000000000000001');
    expect(decode(u128, fromHex('20010db8000000000000000000000001')!)).toMatchObject({
      value: 0x20010db8000000000000000000000001n,
    });
    expect(toHex(encode(u128, 1n))).toBe('00000000000000000000000000000001');
    expect(() => encode(u64, 1n << 64n)).toThrow(RangeError);
    expect(() => encode(u128, -1n)).toThrow(RangeError);
    expect(errorOf(u128, '00')).toBe('at octet 0: expected 16 octets, found 1 octet left');
  });
});

describe('a struct', () => {
  const inner = struct({ a: u8, reserved: reserved(2), size: sizeOf('name', u8), name: sized('size'), rest: rest() });
  type Inner = Decoded<typeof inner>;

  it('has the type that its fields give it', () => {
    const value: Inner = { a: 1, name: Uint8Array.of(2), rest: Uint8Array.of() };
    expect(toHex(encode(inner, value))).toBe('0100000102');
    // @ts-expect-error the size follows from the name
    const sizeGiven: Inner = { a: 1, size: 1, name: Uint8Array.of(2), rest: Uint8Array.of() };
    expect(toHex(encode(inner, sizeGiven))).toBe('0100000102');
  });

  it('keeps reserved octets that are not zero, and notes them', () => {
    const decoding = decode(inner, fromHex('01abcd00')!);
    expect(decoding).toEqual({
      ok: true,
      value: { a: 1, reserved: 0xabcd, name: Uint8Array.of(), rest: Uint8Array.of() },
      notes: [{ offset: 1, path: ['reserved'], text: 'reserved field is not zero', rfc: '' }],
    });
    expect(toHex(encode(inner, (decoding as { value: Inner }).value))).toBe('01abcd00');
    expect(decode(inner, fromHex('01000000')!)).toMatchObject({ value: { a: 1 }, notes: [] });
  });

  it('says which field is wrong, where, and by which RFC', () => {
    const outer = struct({ items: list(inner, { each: 'item', max: 9 }) }, { rfc: 'RFC 1 §2' });
    const decoding = decode(outer, fromHex('01000005aabb')!);
    expect(decoding).toEqual({
      ok: false,
      error: { offset: 4, path: ['items', 0, 'name'], expected: '5 octets', found: '2 octets left', rfc: 'RFC 1 §2' },
    });
    expect(errorOf(outer, '01000005aabb')).toBe(
      'items[0].name at octet 4: expected 5 octets, found 2 octets left (RFC 1 §2)',
    );
  });

  it('bounded by its own length ends there', () => {
    const framed = struct({ length: totalLength(u16), data: rest() }, { rfc: 'RFC 3' });
    const two = struct({ first: framed, second: framed });
    const decoding = decode(two, fromHex('0003aa0004bbcc')!);
    expect(decoding).toMatchObject({
      value: { first: { data: Uint8Array.of(0xaa) }, second: { data: Uint8Array.of(0xbb, 0xcc) } },
    });
    expect(toHex(encode(two, (decoding as unknown as { value: Decoded<typeof two> }).value))).toBe('0003aa0004bbcc');
    expect(errorOf(two, '0001aa0004bbcc')).toBe(
      'first.length at octet 0: expected a length of at least 2, found 1 (RFC 3)',
    );
    expect(errorOf(two, '0009aa0004bbcc')).toBe(
      'first.length at octet 0: expected a length of at most 7, found 9 (RFC 3)',
    );
    const fixed = struct({ length: totalLength(u8), one: u8 });
    expect(errorOf(fixed, '030102')).toBe(
      'at octet 2: expected the end of the structure, by its length, found 1 octet more',
    );
    expect(errorOf(fixed, '0101')).toBe('one at octet 1: expected 1 octet, found 0 octets left');
  });

  it('cannot measure a field that it has not', () => {
    expect(() => struct({ size: sizeOf('nothing', u8), data: rest() })).toThrow('size measures no field: nothing');
  });

  it('has a field only when the fields before it say so', () => {
    const optional = struct({ flag: u8, extra: when(({ flag }) => flag === 1, u16) });
    expect(decode(optional, fromHex('00')!)).toMatchObject({ value: { flag: 0 } });
    expect(decode(optional, fromHex('010203')!)).toMatchObject({ value: { flag: 1, extra: 0x0203 } });
    expect(() => encode(optional, { flag: 1 })).toThrow(RangeError);
    expect(() => encode(optional, { flag: 0, extra: 1 })).toThrow(RangeError);
  });
});

describe('octets', () => {
  it('have bounds', () => {
    expect(errorOf(rest({ min: 2 }), 'aa')).toBe('at octet 0: expected at least 2 octets, found 1 octet');
    expect(errorOf(rest({ max: 1 }), 'aabb')).toBe('at octet 0: expected at most 1 octet, found 2 octets');
    expect(() => encode(rest({ min: 2 }), Uint8Array.of(1))).toThrow(RangeError);
    expect(() => encode(bytes(2), Uint8Array.of(1))).toThrow(RangeError);
  });

  it('of a Buffer become plain octets, as the value of any other', () => {
    const decoding = decode(rest(), Buffer.from('aabb', 'hex'));
    expect(decoding.ok && decoding.value.constructor).toBe(Uint8Array);
  });
});

describe('a list', () => {
  const counted = struct({ count: countOf('items', u8), items: list(u16, { each: 'item', max: 3, count: 'count' }) });

  it('has as many items as its count says', () => {
    expect(decode(counted, fromHex('0200010002')!)).toMatchObject({ value: { items: [1, 2] } });
    expect(toHex(encode(counted, { items: [1, 2] }))).toBe('0200010002');
    expect(errorOf(counted, '')).toBe('count at octet 0: expected 1 octet, found 0 octets left');
    expect(errorOf(counted, '0300010002')).toBe('items[2] at octet 5: expected 2 octets, found 0 octets left');
    expect(errorOf(counted, '01000100')).toBe('at octet 3: expected nothing more, found 1 octet');
  });

  it('has a limit', () => {
    expect(errorOf(counted, '040001000200030004')).toBe('items at octet 7: expected at most 3 items, found more');
    expect(() => encode(counted, { items: [1, 2, 3, 4] })).toThrow(RangeError);
  });

  it('of items without octets is refused rather than read for ever', () => {
    const empty = list(bytes(0), { each: 'item', max: 1e9 });
    expect(errorOf(empty, 'aa')).toBe('at octet 0: expected items of at least 1 octet, found an empty one');
  });

  it('linked by its first octets ends where it says so', () => {
    const linked = struct({
      count: countOf('items', u8),
      items: chain(struct({ length: totalLength(u8, { before: 1 }), data: rest() }), {
        each: 'item',
        max: 2,
        more: 9,
        count: 'count',
      }),
    });
    const hex = '020903aa0004bbcc';
    expect(decode(linked, fromHex(hex)!)).toMatchObject({
      value: { items: [{ data: Uint8Array.of(0xaa) }, { data: Uint8Array.of(0xbb, 0xcc) }] },
    });
    expect(toHex(encode(linked, { items: [{ data: Uint8Array.of(0xaa) }, { data: Uint8Array.of(0xbb, 0xcc) }] }))).toBe(
      hex,
    );
    expect(errorOf(linked, '010803aa')).toBe('items[0].next at octet 1: expected 0 (last) or 9 (more), found 8');
    expect(errorOf(linked, '010903aa')).toBe(
      'items[1] at octet 4: expected another item, as the one before says, found the end',
    );
    expect(errorOf(linked, '020003aa')).toBe('items at octet 4: expected 2 items, as counted, found 1');
    expect(errorOf(linked, '010003aabb')).toBe('items at octet 4: expected nothing after the last item, found 1 octet');
    expect(errorOf(linked, '030902090200020002')).toMatch(
      /expected nothing after|expected at most 2 items, found more/,
    );
    expect(decode(linked, fromHex('00')!)).toMatchObject({ value: { items: [] } });
  });
});

describe('a tagged union', () => {
  const names = { describe: (number: number) => `tag ${number}` };
  const union = tagged(
    { name: 'tag', codec: u8, names },
    {
      ONE: { number: 1, body: struct({ one: u8 }) },
      TWO: { number: 2, body: struct({ length: totalLength(u8, { before: 1 }), two: rest() }) },
    },
    struct({ data: rest() }),
  );

  it('has kinds, and keeps what it does not know', () => {
    expect(decode(union, fromHex('0105')!)).toMatchObject({ value: { kind: 'ONE', one: 5 } });
    expect(decode(union, fromHex('0204aabb')!)).toMatchObject({
      value: { kind: 'TWO', two: Uint8Array.of(0xaa, 0xbb) },
    });
    expect(decode(union, fromHex('07aa')!)).toMatchObject({
      value: { kind: 'unknown', number: 7, data: Uint8Array.of(0xaa) },
    });
    expect(toHex(encode(union, { kind: 'TWO', two: Uint8Array.of(0xaa) }))).toBe('0203aa');
    expect(toHex(encode(union, { kind: 'unknown', number: 7, data: Uint8Array.of(0xaa) }))).toBe('07aa');
    expect(() => encode(union, { kind: 'THREE' } as never)).toThrow(RangeError);
  });
});

describe('a report', () => {
  it('has a node for each field, with its place and words', () => {
    const codec = struct({
      spiSize: sizeOf('spi', u8),
      spi: sized('spiSize'),
      last: shown(u16, (value) => `number ${value}`),
    });
    const { tree } = inspect(codec, fromHex('02aabb0007')!);
    expect(tree).toEqual([
      { name: 'SPI size', text: '2', offset: 0, length: 1, children: [] },
      { name: 'SPI', text: 'aabb', offset: 1, length: 2, children: [] },
      { name: 'last', text: 'number 7', offset: 3, length: 2, children: [] },
    ]);
  });

  it('goes as far as decoding went, and says there why not further', () => {
    const { tree, decoding } = inspect(struct({ a: u8, b: u32, c: u8 }), fromHex('0102')!);
    expect(decoding.ok).toBe(false);
    expect(tree.map(({ name, text }) => `${name}: ${text}`)).toEqual([
      'a: 1',
      'b: expected 4 octets, found 1 octet left',
    ]);
  });

  it('looks into octets, where they hold something that decodes', () => {
    const codec = struct({
      type: u8,
      data: viewed(rest(), ({ type }) => (type === 1 ? struct({ number: u16 }) : undefined)),
    });
    expect(inspect(codec, fromHex('010203')!).tree[1]!.children).toEqual([
      { name: 'number', text: '515', offset: 1, length: 2, children: [] },
    ]);
    expect(inspect(codec, fromHex('0102')!).tree[1]!.children).toEqual([]);
    expect(inspect(codec, fromHex('020203')!).tree[1]!.children).toEqual([]);
    expect(decode(codec, fromHex('0102')!).ok).toBe(true);
  });

  it('keeps a bounded number of notes', () => {
    const codec = list(reserved(1), { each: 'octet', max: 1000 });
    const decoding = decode(codec, new Uint8Array(900).fill(1));
    expect(decoding.ok && decoding.notes.length).toBe(notesMax);
  });

  it('shows text only when it is harmless', () => {
    const octets = (text: string) => new TextEncoder().encode(text);
    expect(textPreview(octets('gw.example.org'))).toBe('gw.example.org');
    expect(textPreview(octets(''))).toBe('empty');
    expect(textPreview(octets('a\u001b[2Jb'))).toBe('611b5b324a62');
    expect(textPreview(octets('a\u202eb'))).toBe('61e280ae62');
    expect(textPreview(Uint8Array.of(0xc3, 0x28))).toBe('c328');
    expect(textPreview(new Uint8Array(600).fill(0x61))).toBe(`${'61'.repeat(48)}… (600 octets)`);
  });
});
