import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderComparisonMarkdown } from '../../src/report/compare-markdown.js';
import { compare } from '../../src/services/compare.js';
import { folderWith } from '../support/folder.js';

async function commentOn(before: string, after: string): Promise<string> {
  const folder = folderWith({ 'a.conf': before, 'b.conf': after });
  const comparison = await compare({ before: path.join(folder, 'a.conf'), after: path.join(folder, 'b.conf') });
  return [...renderComparisonMarkdown(comparison)].join('');
}

const net = 'add host net -source 10.1.1.1/32 -destination 10.2.0.0/16 -priority 20 -action PASS\n';

describe('the comment about a semantic difference', () => {
  it('says that nothing changed where only words did', async () => {
    expect(await commentOn(net, `# another comment\n${net}`)).toMatch(
      /^### ipsec: every packet and every peer is treated/,
    );
  });

  it('has a row for each change with a packet as example, and the packets behind a fold', async () => {
    const telnet = 'add host tel -source 10.1.1.1/32 -destination 10.2.0.0/16/TELNET -priority 10 -action DISCARD\n';
    const text = await commentOn(net, telnet + net);
    expect(text).toMatch(/^### ipsec: 1 change of packets’ treatment, 0 changes for peers/);
    expect(text).toMatch(/\| PASS \| DISCARD \| outbound TCP 10\.1\.1\.1:\d+ &gt; 10\.2\.\d+\.\d+:23 \|/);
    expect(text).toMatch(
      /<details><summary>which packets<\/summary>\n\n```text\nhost 'net' line 1 -> host 'tel' line 1\n/,
    );
  });

  it('never holds a key, and nothing from a file forms markup', async () => {
    const auth = (key: string) =>
      `add auth p -remote 10.2.0.0/16 -preshared ${key} -lid @all.example.com -ltype FQDN\n`;
    const text = await commentOn(auth('First-Key-1234'), auth('Second-Key-5678').replace('@all', '@everyone'));
    expect(text).not.toMatch(/First|Second/);
    expect(text).not.toMatch(/@everyone/);
    expect(text).toMatch(/another key/);
  });

  it('keeps within what a comment may hold', async () => {
    const many = Array.from(
      { length: 3000 },
      (_, at) => `add host h${at} -source 10.1.1.1 -destination 10.${at >> 8}.${at & 255}.1 -action DISCARD\n`,
    );
    const text = await commentOn(net, many.join(''));
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/further parts are left out/);
  });
});
