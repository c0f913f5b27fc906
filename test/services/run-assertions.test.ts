import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SourceText } from '../../src/model/span.js';
import { parseAssertions } from '../../src/parser/assertions/parse-assertions.js';
import { runAssertions } from '../../src/services/run-assertions.js';
import { folderWith } from '../support/folder.js';

const policy = `
add host tel -source 10.1.1.1/32 -destination 10.2.0.0/16/TELNET -priority 10 -action ESP_AES128_HMAC_SHA1,ESP_3DES_HMAC_SHA1
add host strong -source 10.1.1.1/32 -destination 10.3.0.0/16 -priority 15 -action ESP_AES256_HMAC_SHA2_256
add host net -source 10.1.1.1/32 -destination 10.2.0.0/16 -priority 20 -action PASS
add host lab -source 10.1.1.1/32 -destination 10.9.0.0/16 -priority 30 -action DISCARD
`;

async function results(sentences: string) {
  const folder = folderWith({ 'server.conf': policy, 'a.ipsectest': sentences });
  const run = await runAssertions({ paths: [path.join(folder, 'a.ipsectest')] });
  return {
    kinds: run.judged.map(({ result }) => result.kind),
    problems: run.problems.map((problem) => problem.message),
    run,
  };
}

describe('runAssertions', () => {
  it.each([
    ['telnet from 10.1.1.1 to 10.2.0.0/16 must be protected', 'holds'],
    ['telnet from 10.1.1.1 to 10.2.0.0/16 must be protected with at least 3DES', 'holds'],
    ['telnet from 10.1.1.1 to 10.2.0.0/16 must be protected with at least AES-128', 'violated'],
    ['any from 10.1.1.1 to 10.3.0.0/16 must be protected with at least AES-256 and at least SHA2-256', 'holds'],
    ['any from 10.1.1.1 to 10.3.0.0/16 must be protected with at least 256 bits', 'holds'],
    ['any from 10.1.1.1 to 10.3.0.0/16 must be protected with at least SHA2-512', 'violated'],
    ['any from 10.1.1.1 to 10.3.0.0/16 must be protected in tunnel mode', 'violated'],
    ['any from 10.1.1.1 to 10.3.0.0/16 must be protected in transport mode', 'holds'],
    ['any from 10.1.1.1 to 10.3.0.0/16 must be protected end to end and with at least AES-256', 'holds'],
    ['tcp from 10.1.1.1 to 10.2.0.0/16 must be protected', 'violated'],
    ['tcp from 10.1.1.1 to 10.2.0.0/16 port 80-443 must be passed', 'holds'],
    ['define LAB = 10.9.0.0/16, 10.10.0.0/16\ntelnet from LAB to 10.1.1.1 must be discarded', 'violated'],
    ['define LAB = 10.9.0.0/16\ntelnet from lab to 10.1.1.1 must be discarded', 'holds'],
    ['on server: udp from server to 10.9.0.1-10.9.0.9 must be discarded', 'holds'],
  ])('%s: %s', async (sentence, expected) => expect((await results(sentence)).kinds).toEqual([expected]));

  it('shows the packets that are treated otherwise and who takes them', async () => {
    const { run } = await results('tcp from 10.1.1.1 to 10.2.0.0/16 must be protected');
    const result = run.judged[0]?.result;
    expect(
      result?.kind === 'violated' && result.violations.map(({ entry, because }) => [entry.source.record.name, because]),
    ).toEqual([['net', 'it is passed in the clear']]);
    expect(run.failed).toBe(true);
  });

  it('counts a fall back to clear text as not protected', async () => {
    const folder = folderWith({
      's.conf':
        'add host h -source 10.1.1.1/32 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1 -flags FALLBACK_TO_CLEAR\n',
      'a.ipsectest': 'any from 10.1.1.1 to 10.2.0.0/16 must be protected\n',
    });
    expect((await runAssertions({ paths: [folder] })).judged[0]?.result.kind).toBe('violated');
  });

  it('finds the hop that a tunnel leaves in the clear', async () => {
    const folder = folderWith({
      's.conf': `add host h -source 10.1.1.1 -destination 10.2.2.2 -tunnel t -priority 10 -action PASS
add tunnel t -tsource 10.1.1.1 -tdestination 10.2.0.1 -source 10.1.1.1 -destination 10.2.2.0/24 -action ESP_AES128_GCM16
`,
      'a.ipsectest': `any from 10.1.1.1 to 10.2.2.2 must be protected
any from 10.1.1.1 to 10.2.2.2 must be protected end to end
`,
    });
    const { judged } = await runAssertions({ paths: [folder] });
    expect(judged.map(({ result }) => result.kind)).toEqual(['holds', 'violated']);
    const result = judged[1]?.result;
    expect(result?.kind === 'violated' && result.violations[0]?.because).toBe(
      'it is in the clear between 10.2.0.1 and 10.2.2.2',
    );
  });

  it.each([
    ['telnte from 10.1.1.1 to any must be passed', "'telnte' is no protocol or service"],
    ['tcp from 10.1.1.1 to nowhere must be passed', "'nowhere' is neither an address nor a name that is defined"],
    ['tcp from 10.1.1.1 to any must be happy', "'happy' is no treatment"],
    ['tcp to any must be passed', "expected 'from', found 'to'"],
    ['icmp from 10.1.1.1 port 3 to any must be passed', 'ports need a protocol that has them'],
    ['on nobody: tcp from 10.1.1.1 to any must be passed', "no system is called 'nobody'"],
    ['tcp from 10.7.7.7 to 10.8.8.8 must be passed', 'it is not clear whether these packets go out or come in'],
    [
      'tcp from 10.1.1.1 to any must be protected with at least banana',
      "'BANANA' is no cipher, hash or number of bits",
    ],
    ['tcp from 10.1.1.1 to any must be passed now', "unexpected 'now'"],
  ])('explains %s', async (sentence, message) => expect((await results(sentence)).problems).toEqual([message]));

  it.each([
    ['defin LAB = 10.0.0.0/8', 'did you mean define?'],
    ['tcp from 10.1.1.1 to any must be discaded', 'did you mean discarded?'],
    ['tcp from 10.1.1.1 to any outbond must be passed', undefined],
    ['tcp from 10.1.1.1 to any must be passed inbuond', 'did you mean inbound?'],
    ['tcp from 10.1.1.1 to any must be protected in tunel mode', 'did you mean tunnel?'],
    ['tcp from 10.1.1.1 to any must be protected with at least AES-265', 'did you mean AES-256?'],
    ['on srever: tcp from 10.1.1.1 to any must be passed', 'did you mean server?'],
  ])('says what %s was meant to be', async (sentence, help) => {
    const { run } = await results(sentence);
    if (help !== undefined) expect(run.problems.map((problem) => problem.help)).toEqual([help]);
    else expect(run.problems[0]?.message).toBe("expected 'must', found 'outbond'");
  });

  it('passes by folders that cannot be listed', async () => {
    const folder = folderWith({
      'server.conf': policy,
      'a.ipsectest': 'tcp from 10.1.1.1 to 10.9.0.1 must be discarded',
    });
    // A name that is no UTF-8 comes back as another one, under which there is nothing.
    mkdirSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]));
    expect((await runAssertions({ paths: [folder] })).judged).toHaveLength(1);
  });

  it('reads any text without failing', () => {
    for (const text of [
      'must be',
      'define',
      'define = =',
      'on :',
      ':::::',
      'tcp from ,,, to',
      `tcp from ${'1'.repeat(5000)}`,
      '\u0000',
    ]) {
      expect(() => parseAssertions(new SourceText('t', text))).not.toThrow();
    }
  });
});
