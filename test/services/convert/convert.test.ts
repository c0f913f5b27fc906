/** The use case behind `policy convert`: what is taken, what is written where, and that keys go nowhere else. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { convert, targetOf, writeConversion } from '../../../src/services/convert/convert.js';
import { conversionDocument } from '../../../src/services/convert/document.js';
import { folderWith } from '../../support/folder.js';
import { schemaValidator } from '../../support/schema.js';

const key = 'Plover-Sand-77';
const records = `add host a -source 10.1.1.1/32 -destination 10.2.2.2/32 -priority 10 -action ESP_AES128_HMAC_SHA1
add auth b -remote 10.2.2.2/32 -preshared ${key} -kmp IKEV2
`;

const inFolder = (files: Record<string, string> = { 'a.conf': records }) => folderWith(files);

describe('formats', () => {
  it.each([
    ['swanctl', 'swanctl', undefined],
    ['swanctl@6.0.0', 'swanctl', '6.0.0'],
    ['libreswan@4.10', 'libreswan', '4.10'],
    ['records', 'records', undefined],
    ['records@A.02', 'records', 'A.02'],
  ])('%s can be written', async (word, name, version) => {
    const { dialect, version: found } = await targetOf(word);
    expect([dialect.name, found]).toEqual([name, version]);
  });

  it.each([
    ['iked', 'iked can be read, not written'],
    ['juniper', "no format is called 'juniper'"],
    ['swanctl@4', "no format is called 'swanctl@4'"],
  ])('%s cannot', async (word, message) => {
    await expect(targetOf(word)).rejects.toThrow(message);
  });
});

describe('a conversion', () => {
  it('is of one system', async () => {
    const folder = inFolder({ 'hosts/a/a.conf': records, 'hosts/b/b.conf': records });
    await expect(convert({ input: folder, to: 'swanctl' })).rejects.toThrow('holds 2 systems');
  });

  it('holds keys in files that are secret only, and shows none', async () => {
    const conversion = await convert({ input: path.join(inFolder(), 'a.conf'), to: 'swanctl' });
    const shown = JSON.stringify(conversionDocument(conversion, undefined, undefined));
    expect(shown).toContain('secret = [secret]');
    expect(shown).not.toContain(key);
    expect(conversion.files.map(({ path: file, isSecret, text }) => [file, isSecret, text.includes(key)])).toEqual([
      ['swanctl.conf', false, false],
      ['secrets.conf', true, true],
    ]);
  });

  it.each(['swanctl', 'libreswan', 'xfrm', 'setkey', 'records'])('to %s is as its schema says', async (to) => {
    const conversion = await convert({ input: path.join(inFolder(), 'a.conf'), to });
    const validate = schemaValidator('conversion-v1');
    const document = { schemaVersion: 1, ...conversionDocument(conversion, undefined, undefined) };
    expect(validate(JSON.parse(JSON.stringify(document))), JSON.stringify(validate.errors)).toBe(true);
    expect(JSON.stringify(document)).not.toContain(key);
  });

  it('tells where a loss comes from, and what to do', async () => {
    const text = records.replace('ESP_AES128_HMAC_SHA1', 'ESP_AES128_HMAC_SHA1 -flags EXCLUSIVE');
    const conversion = await convert({ input: path.join(inFolder({ 'a.conf': text }), 'a.conf'), to: 'swanctl' });
    const [loss] = conversionDocument(conversion, undefined, undefined).losses;
    expect(loss!.message).toBe('a: all its packets share SAs, which are not negotiated for each flow');
    expect(loss!.place).toMatchObject({ line: 1, column: 1 });
    expect(loss!.remedy).toBeTruthy();
  });

  it('tells what is wrong with the original', async () => {
    const conversion = await convert({
      input: path.join(inFolder({ 'a.conf': `${records}add hots c -action PASS\n` }), 'a.conf'),
      to: 'swanctl',
    });
    expect(conversion.problems.map(({ code }) => code)).toContain('SYN018');
  });
});

describe('files', () => {
  it('go into a folder that is made, keys for their owner only', async () => {
    const folder = inFolder();
    const conversion = await convert({ input: path.join(folder, 'a.conf'), to: 'swanctl' });
    const out = path.join(folder, 'new/swanctl');
    const written = writeConversion(conversion, { out, force: false });
    expect(written).toEqual([path.join(out, 'swanctl.conf'), path.join(out, 'secrets.conf')]);
    expect(written.map((file) => (statSync(file).mode & 0o777).toString(8))).toEqual(['644', '600']);
    expect(readFileSync(written[1]!, 'utf8')).toContain(key);
  });

  it('never replace others unless that is wanted, and then nothing is written', async () => {
    const folder = inFolder({ 'a.conf': records, 'out/secrets.conf': 'mine\n' });
    const conversion = await convert({ input: path.join(folder, 'a.conf'), to: 'swanctl' });
    const out = path.join(folder, 'out');
    expect(() => writeConversion(conversion, { out, force: false })).toThrow('secrets.conf is there already');
    expect(existsSync(path.join(out, 'swanctl.conf'))).toBe(false);
    expect(readFileSync(path.join(out, 'secrets.conf'), 'utf8')).toBe('mine\n');
    writeConversion(conversion, { out, force: true });
    expect(readFileSync(path.join(out, 'secrets.conf'), 'utf8')).toContain(key);
  });

  it('that replace others are no wider open than before, nor keys wider than their owner', async () => {
    const folder = inFolder({ 'a.conf': records });
    const out = path.join(folder, 'out');
    const conversion = await convert({ input: path.join(folder, 'a.conf'), to: 'swanctl' });
    writeConversion(conversion, { out, force: false });
    writeFileSync(path.join(out, 'secrets.conf'), 'old', { mode: 0o644 });
    writeConversion(conversion, { out, force: true });
    expect((statSync(path.join(out, 'secrets.conf')).mode & 0o777).toString(8)).toBe('600');
  });

  it('have the name that was asked for where they are one', async () => {
    const folder = inFolder();
    const conversion = await convert({ input: path.join(folder, 'a.conf'), to: 'records' });
    const out = path.join(folder, 'b.conf');
    expect(writeConversion(conversion, { out, force: false })).toEqual([out]);
    expect((statSync(out).mode & 0o777).toString(8)).toBe('600');
    const several = await convert({ input: path.join(folder, 'a.conf'), to: 'swanctl' });
    expect(() => writeConversion(several, { out: path.join(folder, 'c.conf'), force: false })).toThrow(
      'the result is 2 files (swanctl.conf, secrets.conf)',
    );
  });
});
