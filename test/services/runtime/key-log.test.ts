import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/model/secret.js';
import { openKeyLog } from '../../../src/services/runtime/key-log.js';
import type { LiveFact } from '../../../src/services/runtime/live-system.js';
import { saOf } from '../../backends/userspace/lab/description.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sa = (direction: 'inbound' | 'outbound', spi: number): LiveFact => ({
  kind: 'installed',
  sa: saOf({
    direction,
    mode: 'tunnel',
    spi,
    local: '192.0.2.1',
    remote: '192.0.2.2',
    keySeed: spi,
    encryption: 'AES-GCM-16-128',
  }),
});
const secret = (octet: number): Secret => new Secret(new Uint8Array(16).fill(octet));
const ikev1: LiveFact = {
  kind: 'event',
  event: {
    kind: 'ike-keys',
    ikeSa: { version: 1, serial: 1 },
    keys: { version: 1, encryptionKey: secret(0xab), initiatorCookie: 0x1122n, transforms: { protocol: 'IKE' } },
  },
};

describe('the log of keys', () => {
  it('has a row for each SA, readable for its owner alone', () => {
    const place = path.join(folder, 'tables');
    const log = openKeyLog(place, () => {});
    log.note(sa('outbound', 0x1000));
    log.note(sa('inbound', 0x1001));
    log.note(ikev1);
    log.note({ kind: 'trouble', text: 'nothing to do with keys' });
    expect(statSync(place).mode & 0o777).toBe(0o700);
    expect(readdirSync(place).sort()).toEqual(['esp_sa', 'ikev1_decryption_table']);
    for (const name of readdirSync(place)) expect(statSync(path.join(place, name)).mode & 0o777).toBe(0o600);
    const rows = readFileSync(path.join(place, 'esp_sa'), 'utf8').trim().split('\n');
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain('"192.0.2.1","192.0.2.2","0x00001000","AES-GCM with 16 octet ICV [RFC4106]"');
    expect(rows[1]).toContain('"192.0.2.2","192.0.2.1","0x00001001"');
    expect(readFileSync(path.join(place, 'ikev1_decryption_table'), 'utf8')).toBe(
      `${'1122'.padStart(16, '0')},${'ab'.repeat(16)}\n`,
    );
  });

  it('is refused where others can enter the folder, or there can be none', () => {
    const open = path.join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o755);
    expect(() => openKeyLog(open, () => {})).toThrow('can be entered by others');
    expect(() => openKeyLog('/dev/null/keys', () => {})).toThrow('cannot be written');
  });

  it('that cannot be written is told once, and keeps nobody from anything', () => {
    const place = path.join(folder, 'full');
    const told: string[] = [];
    const log = openKeyLog(place, (text) => told.push(text));
    // As on a full disk: the table cannot be opened.
    mkdirSync(path.join(place, 'esp_sa'));
    log.note(sa('outbound', 0x1000));
    log.note(sa('inbound', 0x1001));
    expect(told).toEqual([`keys cannot be written to ${place} (EISDIR)`]);
    rmSync(path.join(place, 'esp_sa'), { recursive: true });
    log.note(sa('inbound', 0x1002));
    expect(readFileSync(path.join(place, 'esp_sa'), 'utf8').trim().split('\n')).toHaveLength(1);
  });
});
