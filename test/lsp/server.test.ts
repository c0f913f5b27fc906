/** The language server as a process, spoken to as editors do. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { edited, type LspClient, startLsp } from '../support/lsp-client.js';

const inventory = `version: 1
hosts:
  alpha: { addresses: ["192.0.2.1"] }
  beta: { addresses: ["192.0.2.2"] }
`;
const alpha = `# alpha
# two lines of comment
add tunnel net \\
    -tsource 192.0.2.1 \\
    -tdestination 192.0.2.2 \\
    -source 192.0.2.1/32 \\
    -destination 10.2.0.0/16 \\
    -action ESP_AES256_GCM16
add host far -source 192.0.2.1/32 -destination 10.2.0.0/16 -priority 10 -tunnel net -action PASS
add host beta -source 192.0.2.1/32 -destination 192.0.2.2/32 -priority 20 -action ESP_AES256_GCM16
add host default -action DISCARD
add ikev2 beta -remote 192.0.2.2/32 -priority 10 -group 19 -encryption AES256-GCM16 -prf HMAC-SHA2-256
add auth beta -remote 192.0.2.2/32 -priority 10 -kmp IKEV2 -preshared file:/etc/ipsec/keys/beta.psk
`;
const beta = `add host alpha -source 192.0.2.2/32 -destination 192.0.2.1/32 -priority 20 -action ESP_AES256_GCM16
add host default -action DISCARD
add ikev2 alpha -remote 192.0.2.1/32 -priority 10 -group 19 -encryption AES256-GCM16 -prf HMAC-SHA2-256
add auth alpha -remote 192.0.2.1/32 -priority 10 -kmp IKEV2 -preshared file:/etc/ipsec/keys/beta.psk
`;
const [fileA, fileB] = ['hosts/alpha/p.conf', 'hosts/beta/p.conf'];

let folder: string;
let client: LspClient;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'ipsec-lsp-'));
  for (const [name, text] of [
    ['inventory.yaml', inventory],
    [fileA, alpha],
    [fileB, beta],
    ['swanctl/swanctl.conf', 'connections { x { remote_addrs = 192.0.2.9 } }\n'],
  ] as const) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  client = await startLsp(folder);
}, 120_000);

afterAll(async () => {
  client?.child.kill();
  rmSync(folder, { recursive: true, force: true });
});

const has = (code: string) => (codes: readonly string[]) => codes.includes(code);
const hasNot = (code: string) => (codes: readonly string[]) => !codes.includes(code);

describe('diagnostics', () => {
  it('come as one types, and go again', async () => {
    client.open(fileA);
    await client.diagnostics(fileA, hasNot('SHD001'));
    client.type(fileA, '-priority 10 -tunnel net', '-priority 30 -tunnel nut');
    const [found] = (await client.diagnostics(fileA, has('REF001'))).filter(({ code }) => code === 'REF001');
    expect(found).toMatchObject({ severity: 1, source: 'ipsec', code: 'REF001' });
    const line = client.text(fileA).split('\n')[found!.range.start.line]!;
    expect(line.slice(found!.range.start.character, found!.range.end.character)).toBe('nut');
    client.type(fileA, '-priority 30 -tunnel nut', '-priority 10 -tunnel net');
    await client.diagnostics(fileA, hasNot('REF001'));
  });

  it('compare with the peer, whose text may be open too', async () => {
    client.open(fileB);
    client.type(fileB, '-group 19', '-group 14');
    const found = await client.diagnostics(fileA, has('PEER001'));
    const pair = found.find(({ code }) => code === 'PEER001')!;
    expect(pair.relatedInformation?.map(({ location }) => location.uri)).toContain(client.uri(fileB));
    client.type(fileB, '-group 14', '-group 19');
    await client.diagnostics(fileA, hasNot('PEER001'));
  });

  it('stay with their lines while the repository is judged anew', async () => {
    client.type(fileB, '-group 19', '-group 14');
    const before = (await client.diagnostics(fileA, has('PEER001'))).find(({ code }) => code === 'PEER001')!;
    client.type(fileA, '# alpha\n', '# alpha\n#\n#\n');
    const after = (await client.diagnostics(fileA, has('PEER001'))).find(({ code }) => code === 'PEER001')!;
    expect(after.range.start.line).toBe(before.range.start.line + 2);
    client.type(fileA, '# alpha\n#\n#\n', '# alpha\n');
    client.type(fileB, '-group 14', '-group 19');
    await client.diagnostics(fileA, hasNot('PEER001'));
  });

  it('are told for texts that were never saved, and for other products', async () => {
    client.open('untitled:one', 'add host x -source 192.0.2.1 -priority 10 -action ESP_3DES_HMAC_MD5\n');
    await client.diagnostics('untitled:one', has('CRY002'));
    client.close('untitled:one');
    expect(await client.diagnostics('untitled:one', (codes) => codes.length === 0)).toEqual([]);
    client.open('swanctl/swanctl.conf', 'connections { x { remote_addrs = 192.0.2.9\n nonsense = yes } }\n');
    await client.diagnostics('swanctl/swanctl.conf', has('IMP002'));
    client.close('swanctl/swanctl.conf');
  });
});

describe('hover', () => {
  it('tells what an argument is, its effective value and where that comes from', async () => {
    const text = await client.hover(fileA, '-priority 20');
    expect(text).toContain('**-priority**: place in the search order');
    expect(text).toMatch(/\| -priority \| 20 \| written at .*p\.conf:10 \|/);
  });

  it('tells all values of a record, also those that nobody wrote', async () => {
    const text = await client.hover(fileA, 'add host beta'.slice(4, 8));
    expect(text).toContain('what happens to packets that this system sends or receives');
    expect(text).toMatch(/\| -protocol \| ALL \| shipped profile, HostPolicy-Defaults/);
  });

  it('tells what a word of a value means, and what a tunnel is', async () => {
    expect(await client.hover(fileA, 'ESP_AES256_GCM16')).toMatch(/\*\*ESP\\_AES256\\_GCM16\*\*: /);
    expect(await client.hover(fileA, '-tunnel net'.slice(8))).toMatch(/-tdestination \| 192\\\.0\.2\.2 \|/);
  });

  it('explains the rule of a finding, and one that a comment names', async () => {
    client.open(
      'untitled:two',
      '# ipsec-disable-next-line SHD001 -- reason\nadd host x -source 192.0.2.1 -priority 10 -action ESP_3DES_HMAC_MD5\n',
    );
    expect(await client.hover('untitled:two', 'SHD001')).toContain('**SHD001 shadowed** (error)');
    // What is wrong with a text is known some time after the text.
    await client.diagnostics('untitled:two', has('CRY002'));
    expect(await client.hover('untitled:two', 'ESP_3DES_HMAC_MD5')).toContain('**CRY002 3des**');
    client.close('untitled:two');
  });

  it('never shows a key', async () => {
    client.open('untitled:key', 'add auth x -remote 192.0.2.1 -preshared Swordfish-Balcony-7\n');
    const text = await client.hover('untitled:key', 'Swordfish-Balcony-7');
    expect(text).toContain('-preshared');
    expect(text).not.toContain('Swordfish');
    const shown = JSON.stringify(await client.diagnostics('untitled:key', has('AUT002')));
    expect(shown).not.toContain('Swordfish');
    client.close('untitled:key');
  });
});

describe('completion', () => {
  const labels = async (name: string, behind: string) =>
    (await client.complete(name, behind)).map(({ label }) => label);

  it('offers operations, records, arguments and values by the dialect', async () => {
    client.open('untitled:c', '\nadd \nadd host x -\nadd host x -source 192.0.2.1 -action \nadd ikev2 x -group \n');
    expect(await labels('untitled:c', '\n')).toEqual(['add', 'delete']);
    expect(await labels('untitled:c', '\nadd ')).toEqual(expect.arrayContaining(['host', 'tunnel', 'auth', 'ikev2']));
    expect(await labels('untitled:c', 'add host x -')).toEqual(
      expect.arrayContaining(['-source', '-priority', '-esn']),
    );
    expect(await labels('untitled:c', '-action ')).toEqual(
      expect.arrayContaining(['PASS', 'DISCARD', 'ESP_AES256_GCM16']),
    );
    expect(await labels('untitled:c', 'ikev2 x -group ')).toEqual(expect.arrayContaining(['14', '19', '31']));
    client.close('untitled:c');
    client.open('untitled:d', '# ipsec-dialect: A.02\nadd \nadd host x -\nadd host x -action \n');
    expect(await labels('untitled:d', '\nadd ')).not.toContain('ikev2');
    expect(await labels('untitled:d', 'add host x -')).not.toContain('-esn');
    expect(await labels('untitled:d', '-action ')).not.toContain('ESP_AES256_GCM16');
    client.close('untitled:d');
  });

  it('does not offer what the statement has, and goes on in lists', async () => {
    client.open(
      'untitled:e',
      'add host x \\\n  -priority 10 \\\n  -\nadd ikev2 x -group 14,1\n# ipsec-disable-next-line SHD002, SH\nadd host y -so\n# ipsec-dis\n# ipsec-disable-next-line \n',
    );
    const offered = await labels('untitled:e', '-priority 10 \\\n  -');
    expect(offered).toContain('-source');
    expect(offered).not.toContain('-priority');
    const item = (await client.complete('untitled:e', '-group 14,1')).find(({ label }) => label === '19')!;
    expect(edited(client.text('untitled:e'), [item.textEdit as never])).toContain('-group 14,19\n');
    const put = async (behind: string, label: string) => {
      const found = (await client.complete('untitled:e', behind)).find((each) => each.label === label)!;
      return edited(client.text('untitled:e'), [found.textEdit as never]);
    };
    expect(await put('# ipsec-disable-next-line SHD002, SH', 'SHD001')).toContain('-line SHD002, SHD001\n');
    expect(await put('-so\n# ipsec-dis', 'ipsec-disable-next-line')).toContain('\n# ipsec-disable-next-line\n');
    expect(await put('add host y -so', '-source')).toContain('add host y -source\n');
    expect(await labels('untitled:e', '# ipsec-disable-next-line ')).toEqual(
      expect.arrayContaining(['SHD001', 'PEER001']),
    );
    client.close('untitled:e');
  });

  it('offers names of tunnels, and addresses of the inventory', async () => {
    client.type(fileA, '-tunnel net', '-tunnel ');
    expect(await labels(fileA, '-tunnel ')).toEqual(['net']);
    client.type(fileA, '-tunnel ', '-tunnel net');
    expect(await labels(fileA, '-tdestination ')).toEqual(['192.0.2.1', '192.0.2.2']);
  });
});

describe('names', () => {
  const places = (
    list: readonly { readonly uri: string; readonly range: { readonly start: { readonly line: number } } }[],
  ) => list.map(({ uri, range }) => [uri === client.uri(fileA) ? 'alpha' : uri, range.start.line + 1]);

  it('lead to the tunnel, and addresses to what authenticates the peer', async () => {
    expect(places(await client.definition(fileA, '-tunnel net'.slice(-3)))).toEqual([['alpha', 3]]);
    expect(places(await client.definition(fileA, '-destination 192.0.2.2/32'.slice(13)))).toEqual([
      ['alpha', 13],
      ['alpha', 12],
    ]);
    // What goes through a tunnel is negotiated with its end.
    expect(places(await client.definition(fileA, '10.2.0.0/16 -priority'.slice(0, 11)))).toEqual([
      ['alpha', 13],
      ['alpha', 12],
    ]);
  });

  it('are found wherever they are used', async () => {
    expect(places(await client.references(fileA, 'tunnel net'.slice(-3)))).toEqual([
      ['alpha', 3],
      ['alpha', 9],
    ]);
  });

  it('are changed everywhere, or not at all', async () => {
    expect(await client.prepareRename(fileA, 'tunnel net'.slice(-3))).toMatchObject({ placeholder: 'net' });
    expect(await client.prepareRename(fileA, 'ESP_AES256_GCM16')).toBeNull();
    const edit = await client.rename(fileA, 'tunnel net'.slice(-3), 'wide');
    const after = edited(client.text(fileA), edit!.changes![client.uri(fileA)]!);
    expect(after).toContain('add tunnel wide \\');
    expect(after).toContain('-tunnel wide -action');
    expect(after).not.toMatch(/\bnet\b/);
    await expect(client.rename(fileA, 'tunnel net'.slice(-3), 'two words')).rejects.toThrow('cannot be the name');
    await expect(client.rename(fileA, 'host beta'.slice(-4), 'far')).rejects.toThrow(
      "there is a host record 'far' already",
    );
  });
});

describe('actions', () => {
  it('fix what is found, and say when that changes a treatment', async () => {
    client.open(
      'untitled:f',
      'add host a -source 192.0.2.1 -destination 10.0.0.0/8 -priority 10 -action PASS\nadd host b -source 192.0.2.1 -destination 10.1.0.0/16 -priority 20 -action DISCARD\n',
    );
    await client.diagnostics('untitled:f', has('SHD001'));
    const [fix] = (await client.actions('untitled:f', ' b ')).filter(({ title }) =>
      title.startsWith('search it before'),
    );
    expect(fix?.title).toBe("search it before 'a': priority 5 (changes what is protected or agreed)");
    expect(fix?.isPreferred).toBeUndefined();
    expect(fix?.diagnostics?.map(({ code }) => code)).toEqual(['SHD001']);
    expect(edited(client.text('untitled:f'), fix!.edit!.changes!['untitled:f']!)).toContain('10.1.0.0/16 -priority 5 ');
    client.close('untitled:f');
  });

  it('apply all that is safe at once', async () => {
    client.open(
      'untitled:s',
      'add host a -src 192.0.2.1 -pri 10 -action PASS\nadd host b -src 192.0.2.2 -pri 20 -action PASS\n',
    );
    await client.diagnostics('untitled:s', (codes) => codes.length > 0);
    const [all] = await client.actions('untitled:s', 'host a', ['source.fixAll']);
    const after = edited(client.text('untitled:s'), all!.edit!.changes!['untitled:s']!);
    expect(after).toContain('add host a -source 192.0.2.1 -priority 10');
    expect(after).toContain('add host b -source 192.0.2.2 -priority 20');
    client.close('untitled:s');
  });

  it('mend what two systems do not agree on, in the file of the peer', async () => {
    client.type(fileB, '-group 19', '-group 14');
    await client.diagnostics(fileA, has('PEER001'));
    const actions = await client.actions(fileA, ' 19 ');
    const edits = actions
      .filter(({ title }) => title.includes('-group'))
      .map(({ edit }) => Object.keys(edit!.changes!));
    expect(edits).toContainEqual([client.uri(fileB)]);
    client.type(fileB, '-group 14', '-group 19');
    await client.diagnostics(fileA, hasNot('PEER001'));
  });

  it('hide a finding by a comment that the language knows', async () => {
    client.open('untitled:g', 'add host a -source 192.0.2.1 -priority 10 -action ESP_3DES_HMAC_MD5\n');
    await client.diagnostics('untitled:g', has('CRY002'));
    const hide = (await client.actions('untitled:g', 'ESP_3DES_HMAC_MD5')).find(({ title }) =>
      title.startsWith('Hide CRY002'),
    )!;
    const after = edited(client.text('untitled:g'), hide.edit!.changes!['untitled:g']!);
    expect(after.startsWith('# ipsec-disable-next-line CRY002 -- reason\nadd host a')).toBe(true);
    client.type('untitled:g', client.text('untitled:g'), after);
    await client.diagnostics('untitled:g', hasNot('CRY002'));
    client.close('untitled:g');
  });
});

describe('form', () => {
  it('is made canonical by one edit that leaves the rest alone', async () => {
    client.open(
      'untitled:h',
      '# first\nadd host a -source 192.0.2.1 -priority 10 -action PASS\nadd   host b -act pass -src 192.0.2.1 -pri 20\n# last\n',
    );
    const edits = await client.format('untitled:h');
    expect(edits).toHaveLength(1);
    expect(edits[0]!.range.start.line).toBe(2);
    expect(edited(client.text('untitled:h'), edits)).toBe(
      '# first\nadd host a -source 192.0.2.1 -priority 10 -action PASS\nadd host b -source 192.0.2.1 -priority 20 -action PASS\n# last\n',
    );
    client.close('untitled:h');
  });

  it('folds statements and comments, and lists records', async () => {
    expect(await client.foldings(fileA)).toEqual([
      { startLine: 0, endLine: 1, kind: 'comment' },
      { startLine: 2, endLine: 7 },
    ]);
    expect((await client.symbols(fileA)).map(({ name, detail }) => `${detail} ${name}`)).toEqual([
      'tunnel net',
      'host far',
      'host beta',
      'host default',
      'ikev2 beta',
      'auth beta',
    ]);
  });
});

it('answers about texts of hundreds of records without delay to speak of, and tells what it can do', async () => {
  const { capabilities } = client.initialized;
  expect(Object.keys(capabilities)).toEqual(
    expect.arrayContaining([
      'hoverProvider',
      'completionProvider',
      'definitionProvider',
      'renameProvider',
      'codeActionProvider',
      'documentFormattingProvider',
      'foldingRangeProvider',
    ]),
  );
  const many = Array.from(
    { length: 500 },
    (_, index) =>
      `add host h${index} -source 192.0.2.1 -destination 10.${index >> 8}.${index & 255}.0/24 -priority ${index + 1} -action PASS`,
  ).join('\n');
  client.open('untitled:many', `${many}\nadd host last -`);
  expect((await client.complete('untitled:many', 'add host last -')).length).toBeGreaterThan(5);
  client.close('untitled:many');
});

it('answers while a large text is being judged', async () => {
  const many = Array.from(
    { length: 10_000 },
    (_, index) =>
      `add host h${index} -source 192.0.2.1 -destination 10.${index >> 8}.${index & 255}.0/24 -priority ${index + 1} -action PASS`,
  ).join('\n');
  client.open('untitled:large', `${many}\nadd host last -`);
  await client.complete('untitled:large', 'add host last -');
  const order: string[] = [];
  client.type('untitled:large', 'add host last -', 'add host last -destnation 10.0.0.1 -');
  const judged = client
    .diagnostics('untitled:large', (codes) => codes.includes('SYN001'))
    .then(() => order.push('judged'));
  // By now the judgement has begun.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const offered = await client.complete('untitled:large', 'add host last -destnation 10.0.0.1 -');
  order.push('offered');
  expect(offered.map(({ label }) => label)).toContain('-action');
  await judged;
  expect(order).toEqual(['offered', 'judged']);
  client.close('untitled:large');
}, 90_000);

it('answers about names and values of a large text that has just changed before it is judged', async () => {
  const many = Array.from(
    { length: 10_000 },
    (_, index) =>
      `add host h${index} -source 192.0.2.1 -destination 10.${index >> 8}.${index & 255}.0/24 -priority ${index + 1} -action PASS`,
  ).join('\n');
  const name = 'untitled:renamed';
  const tunnel = 'add tunnel mine -tsource 192.0.2.1 -tdestination 198.51.100.7';
  client.open(name, `${tunnel}\n${many}\nadd host last -destination 172.16.0.1 -action PASS`);
  await client.rename(name, 'mine', 'ours');
  await client.diagnostics(name);
  const order: string[] = [];
  client.type(name, 'host last -dest', 'host last -tunnel mine -destnation 10.0.0.1 -dest');
  const judged = client.diagnostics(name, (codes) => codes.includes('SYN001')).then(() => order.push('judged'));
  const [hover, definitions, edit, completions] = await Promise.all([
    client.hover(name, '-action'),
    client.definition(name, 'tunnel mine -dest'),
    client.rename(name, 'mine', 'ours'),
    client.complete(name, 'host last -tunnel '),
  ]);
  order.push('answered');
  expect(hover).toContain('**-action**');
  expect(definitions.map(({ range }) => range.start.line)).toEqual([0]);
  // The use that was typed a moment ago is renamed as well.
  expect(edit?.changes?.[name]?.map(({ range }) => range.start.line)).toEqual([0, 10_001]);
  expect(completions.map(({ label }) => label)).toContain('mine');
  await judged;
  expect(order).toEqual(['answered', 'judged']);
  client.close(name);
}, 90_000);

it('tells what is wrong with a configuration, and goes on', async () => {
  writeFileSync(path.join(folder, 'ipsec.config.yaml'), 'lint: { nonsense: 1 }\n');
  client.type(fileA, '# alpha', '# Alpha');
  expect(await client.hover(fileA, '-priority 20')).toContain('-priority');
  await new Promise((done) => setTimeout(done, 300));
  expect(client.said.join('')).toContain('nonsense');
  rmSync(path.join(folder, 'ipsec.config.yaml'));
  client.type(fileA, '# Alpha', '# alpha');
  await client.diagnostics(fileA);
});

it('ends when the editor says so', async () => {
  const own = await startLsp(folder);
  expect(await own.exit()).toBe(0);
});

it('ends when the editor is gone', async () => {
  const own = await startLsp(folder);
  const ended = new Promise((resolve) => own.child.once('exit', resolve));
  own.child.stdin!.end();
  await ended;
});
