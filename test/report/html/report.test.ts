/** Pages: nothing in a file becomes markup, nothing is loaded, no key is shown, and everything is there. */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { renderReport, renderTimeline } from '../../../src/report/html/report.js';
import { folderWith } from '../../support/folder.js';
import { secrets } from '../support/findings.js';
import { unsafeOutput } from '../support/reference.js';
import { example, hostile, hostileNegotiation, hostileReport, reportOf, timelineOf } from './pages.js';

const tool = { name: 'ipsec', version: '0.0.0' };

/** The elements of a page with their attributes, read by a parser that accepts no fault. */
function elementsOf(page: string): { readonly name: string; readonly attributes: Readonly<Record<string, string>> }[] {
  const body = page
    .replace(/^<!doctype html>\n/, '')
    .replace(/(<style>)[\s\S]*?(<\/style>)/, '$1$2')
    .replace(/(<script>)[\s\S]*?(<\/script>)/, '$1$2');
  const found: { name: string; attributes: Record<string, string> }[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) =>
    found.push({ name, attributes: attributes as Record<string, string> }),
  );
  parser.write(body).close();
  return found;
}

const pages = {
  'a hostile report': async () => renderReport(hostileReport),
  'a hostile dry run': async () => renderTimeline(hostileNegotiation, { tool, all: true }),
  'a report': () => reportOf(example('faulty')),
  'a dry run': () => timelineOf('examples/faulty/here.conf', 'examples/faulty/there.conf'),
};

describe.each(Object.entries(pages))('%s', (_, make) => {
  it('is well formed, with one script and one style sheet, and loads nothing', async () => {
    const elements = elementsOf(await make());
    const count = (name: string) => elements.filter((element) => element.name === name).length;
    expect([count('script'), count('style'), count('img'), count('link'), count('iframe')]).toEqual([1, 1, 0, 0, 0]);
    for (const { name, attributes } of elements)
      for (const [key, value] of Object.entries(attributes)) {
        expect(key, name).not.toMatch(/^on|^style$|^src|^srcset|^action/i);
        if (key === 'href') expect(value).toMatch(/^#[\w-]+$/);
      }
  });

  it('has ids that are there once, and links that lead somewhere', async () => {
    const elements = elementsOf(await make());
    const ids = elements.flatMap(({ attributes }) => attributes.id ?? []);
    expect(ids.length).toBe(new Set(ids).size);
    const targets = elements.flatMap(({ attributes }) => attributes.href?.slice(1) ?? []);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  it('has a policy that allows its own script and style sheet by their hashes', async () => {
    const page = await make();
    const policy = elementsOf(page).find(({ attributes }) => attributes['http-equiv'] === 'Content-Security-Policy');
    const digest = (tag: string) => {
      const text = page.split(`<${tag}>`)[1]!.split(`</${tag}>`)[0]!;
      return createHash('sha256').update(text).digest('base64');
    };
    expect(policy?.attributes.content).toBe(
      `default-src 'none'; style-src 'sha256-${digest('style')}'; script-src 'sha256-${digest('script')}'; base-uri 'none'; form-action 'none'`,
    );
  });

  it('shows what could deceive the eye', async () => {
    const page = await make();
    expect(page.includes('\u202e')).toBe(false);
    expect(unsafeOutput.test(page.replaceAll('\n', ''))).toBe(false);
  });
});

it('shows no key', async () => {
  const page = renderReport(hostileReport);
  for (const secret of secrets.slice(0, 2)) expect(page.includes(secret)).toBe(false);
  // Neither a proof that is made with one.
  expect(page.includes('0123456789abcdef')).toBe(false);
  expect(page.includes('not shown, it is made with a key')).toBe(true);
  expect(page.includes(hostile.slice(0, 9).replaceAll('<', '&lt;').replaceAll('>', '&gt;'))).toBe(true);
});

it('shows no key of a dry run that rests on one, and none of what is made with it', async () => {
  const folder = path.join('test', 'golden', 'negotiation', 'fault-key-ikev1');
  const page = await reportOf(folder);
  expect(page.includes('Fault-Birch_55')).toBe(false);
  expect(page.includes('-preshared [secret]')).toBe(true);
  const proofs = page.split('<b class="mono">HASH</b>').slice(1);
  expect(proofs.length).toBeGreaterThan(0);
  for (const proof of proofs) expect(proof.slice(0, proof.indexOf('</details>'))).not.toMatch(/[0-9a-f]{20}/);
});

describe('the report of faulty records', () => {
  it('has findings with their source, pairs with reasons, and what mends them', async () => {
    const page = await reportOf(example('faulty'));
    for (const text of [
      'SHD001 shadowed',
      'add host vault',
      'there: ikev2 &apos;here&apos; has no IKE proposal in common with the peer',
      '✗ does not agree',
      'never matches: row 1 takes every packet of it',
      'add 19 to -group of ikev2 &apos;there&apos;',
      'IKE_SA_INIT',
      'ENCR_AES_GCM_16 256',
      'compares IKE proposals as responder: none fits, the closest differs in key exchange group',
    ])
      expect([text, page.includes(text)]).toEqual([text, true]);
  });

  it('leaves dry runs out where they are not wanted', async () => {
    const page = await reportOf(example('faulty'), { negotiate: false });
    expect(page.includes('IKE_SA_INIT')).toBe(false);
    expect(page.includes('SHD001')).toBe(true);
  });
});

it('marks what was encrypted on the wire, and names who decided by which record', async () => {
  const page = await timelineOf('examples/end-to-end-tunnel/alpha.conf', 'examples/end-to-end-tunnel/beta.conf');
  expect(page.includes('Encrypted on the wire:')).toBe(true);
  expect(page.match(/TSi<\/b><span class="muted small"> 192\.0\.2\.61 TCP 49152; 192\.0\.2\.61/)).not.toBeNull();
  expect(page.includes('<b>beta</b> accepts the identity IPV4 192.0.2.61 (auth &apos;alpha&apos;)')).toBe(true);
  expect(page.includes('examples/end-to-end-tunnel/beta.conf:23')).toBe(true);
});

it('is a page even where there is little to tell', async () => {
  const folder = folderWith({
    'a.conf': 'add host x -source 192.0.2.1 -destination 192.0.2.2 -priority 10 -action PASS\n',
  });
  const page = await reportOf(folder);
  expect(page.includes('Nothing is protected here.')).toBe(true);
  elementsOf(page);
});

it('stands hostile names of files', async () => {
  const folder = folderWith({});
  const name = `<img src=x onerror=alert(1)>"&'`;
  mkdirSync(path.join(folder, name));
  const files = folderWith({
    [`${name}.conf`]:
      'add host <b>x</b> -source 192.0.2.1 -destination 192.0.2.2 -priority 10 -action ESP_AES256_GCM16\n',
  });
  const page = await reportOf(files);
  elementsOf(page);
  expect(page.includes('<img')).toBe(false);
  expect(page.includes('&lt;img src=x onerror=alert(1)&gt;')).toBe(true);
});
