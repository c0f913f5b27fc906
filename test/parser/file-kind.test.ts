import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../src/model/problem.js';
import { SourceText } from '../../src/model/span.js';
import { noRecords } from '../../src/parser/file-kind.js';
import { parseText } from '../../src/parser/parse.js';
import { renderFrame } from '../../src/report/frame.js';
import { decodeSource } from '../../src/services/repository/read-source.js';
import { root } from '../support/sources.js';

/** What reading a file and its records says, the problems of its octets included. */
function said(content: string | Uint8Array, name = 'given.conf'): readonly Problem[] {
  const octets = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const { source, problems } = decodeSource(octets, name);
  return [...problems, ...parseText(source).problems];
}

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('a file of another kind gives one finding that says so', () => {
  it.each<readonly [string, string | Uint8Array]>([
    ['a JSON file', '{\n  "policies": [\n    { "host": "web" }\n  ]\n}\n'],
    ['a JSON file', '[{"host":"web"}]'],
    ['a YAML file', '# policies\nhosts:\n  web:\n    action: pass\n  db:\n    action: drop\n'],
    ['a YAML file', '---\nversion: 1\nhosts:\n  - web\n'],
    ['a Markdown file', '# Policies\n\nThese are ours, and here is why.\n\n## The web\n\nIt is open.\nReally.\n'],
    ['a log', 'Nov 30 20:09:26 gw charon: 05[IKE] initiating\nNov 30 20:09:27 gw charon: 05[IKE] sending\n'],
    ['a log', '2026-11-30T20:09:26Z started\n2026-11-30T20:09:27Z stopped\n'],
    ['an HTML or XML file', '<!DOCTYPE html>\n<html>\n<body>\n</body></html>'],
    [
      'a PEM file, as certificates and keys are',
      '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqh\n-----END PRIVATE KEY-----\n',
    ],
    ['an INI file, as units of systemd are', '[Unit]\nDescription=x\n[Service]\nExecStart=/bin/true\n'],
    ['a script', '#!/bin/sh\nset -e\necho hello\nexit 0\n'],
    ['a difference (patch)', 'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-one\n+two\n'],
    ['a profile file', 'BEGIN HostPolicy-Defaults\n  flags NONE\n  protocol ALL\nEND\n'],
    ['a file of assertions', 'on hq: any from hq to branch outbound must be protected\n'],
    ['a swanctl.conf file (strongSwan)', 'connections {\n home {\n remote_addrs = 10.0.0.1\n }\n'],
    ['a PNG image', hex('89504e470d0a1a0a 0000000d49484452 00000001')],
    ['a JPEG image', hex('ffd8ffe000104a46494600010100')],
    ['a gzip archive', hex('1f8b0800000000000003cb48cdc9c9')],
    ['a packet capture', hex('0a0d0d0a1c0000004d3c2b1a01000000')],
    ['a packet capture', hex('d4c3b2a1020004000000000000000000')],
    ['a program (ELF)', hex('7f454c46020101000000000000000000')],
  ])('%s', (title, content) => {
    const problems = said(content);
    expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
      expect.stringMatching(new RegExp(`^SYN024 .*it looks like ${title.replaceAll(/[().]/g, '\\$&')}$`)),
    ]);
    expect(problems[0]!.help).toBeTruthy();
  });

  it('octets that are nothing known, without any NUL', () => {
    expect(said(hex('fe01 02ff 8081 0304 9005 fa06 0a fe0b e10e f00f c110 11'))).toMatchObject([
      { code: 'SYN024', message: 'this is not a text: none of its lines begins with add or delete' },
    ]);
  });

  it('a text of any other kind', () => {
    expect(said('permit ip any any\npermit tcp any any\npermit udp any any\n')).toMatchObject([
      {
        code: 'SYN024',
        message: 'no record is in this file: none of its lines begins with add or delete',
        help: expect.stringContaining('--format-in'),
      },
    ]);
  });

  it('a document that shows some records between its sentences', () => {
    const text = '# Ours\n\nSome prose.\nMore of it.\nAnd more.\n\n    add host web -action PASS\n';
    expect(said(text, 'docs/README.md')).toMatchObject([{ message: expect.stringContaining('a Markdown file') }]);
    expect(said('add host web -action PASS\nadd host db -action PASS\nmistake\n', 'odd.md')).toMatchObject([
      { code: 'SYN018' },
    ]);
  });

  it("the tool's own files say what they are for", () => {
    expect(said('hosts:\n  hq: {}\n', 'site/inventory.yaml')[0]!.help).toContain('found by itself');
    expect(said('lint:\n  select: [SHD]\n', 'ipsec.config.yaml')[0]!.help).toContain('found by itself');
  });
});

describe('a file of records is told line by line', () => {
  it.each([
    ['ad host web -action PASS'],
    ['host web -action PASS\nhost db -action PASS\nhost lab -action PASS'],
    ['# why\nadd host web -action PASS\n{\n  "host": 1\n}\n[\n]\n'],
    ['one\ntwo'],
    ['add\nfoo\nbar\nbaz'],
    ['/usr/sbin/ipsec_config add host web -action PASS\nls -l\ncd /tmp\nexit'],
    ['-source 10.0.0.0/8\n-destination 10.1.0.0/16\n-action PASS'],
    ['conn home\n  left=10.0.0.1'],
  ])('%j', (text) => {
    expect(noRecords(new SourceText('given.conf', text))).toBeUndefined();
  });

  it('an empty file and one of comments hold none, and nothing is wrong with them', () => {
    for (const text of ['', '\n\n', '# only\n# comments\n']) expect(said(text)).toEqual([]);
  });

  it('text in another encoding is still text', () => {
    const latin = Uint8Array.from(Buffer.from('# Zürich, Genève\nadd host web -action PASS\n', 'latin1'));
    expect(said(latin).map(({ code, message }) => `${code} ${message}`)).toEqual(['SYN024 the text is not UTF-8']);
  });
});

it('of such a file only what tells its kind is shown', () => {
  const source = new SourceText('key.pem', '-----BEGIN PRIVATE KEY----- c2VjcmV0\nMIIEvQIBADANBgkqh\n-----END\n');
  const [problem] = parseText(source).problems;
  expect(renderFrame(problem!.at)[0]).toBe('1 | -----BEGIN PRIVATE KEY-----[secret]');
  const json = new SourceText('x.json', '{"psk": "kettle-Maple-31",\n"a": 1}');
  const frame = renderFrame(parseText(json).problems[0]!.at).join('\n');
  expect(frame).toContain('{[secret]');
  expect(json.masked(0, json.text.length)).not.toContain('kettle');
});

it('no example is taken for another kind', () => {
  for (const name of ['faulty/here.conf', 'legacy-a02/old.conf', 'site/hosts/hq/policy.conf']) {
    const file = path.join(root, 'examples', name);
    expect(noRecords(new SourceText(name, readFileSync(file, 'utf8')))).toBeUndefined();
  }
});

test.prop([fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'binary', maxLength: 300 })])(
  'a text with a whole record in it is read as records',
  (before, after) => {
    const clean = (text: string) => text.replaceAll('\0', '').replace(/\\\s*$/, '');
    const text = `${clean(before)}\nadd host web -action PASS\n${clean(after)}`;
    const source = new SourceText('given.conf', text);
    fc.pre([...text.matchAll(/^\s*add host web/gm)].length > 0 && !/\\[ \t]*\r?\nadd host web/.test(text));
    expect(noRecords(source)).toBeUndefined();
  },
);
