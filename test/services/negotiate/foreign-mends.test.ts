/**
 * Changes that mend a negotiation, in the language of each side's own file: for every product's format, faults of either end. What
 * is suggested was simulated by the program; here the suggested lines are put into the file and negotiated once more.
 */
import { describe, expect, it } from 'vitest';
import type { ChangeDocument } from '../../../src/report/negotiation/document.js';
import { dryRun, isMasked, withChanges } from '../../support/dry-run.js';
import { folderWith } from '../../support/folder.js';

type Files = Readonly<Record<string, string>>;

const key = 'Mended_in_own_words_3';
const swan = (own: string, peer: string, version = 2): Files => ({
  'swanctl.conf': `connections {
    gw {
        version = ${version}
        local_addrs = ${own}
        remote_addrs = ${peer}
        proposals = aes256-sha256-modp2048
        local {
            auth = psk
            id = ${own}
        }
        remote {
            auth = psk
            id = ${peer}
        }
        children {
            net {
                local_ts = ${own}/32
                remote_ts = ${peer}/32
                esp_proposals = aes128-sha256
                mode = transport
                start_action = trap
            }
        }
    }
}
secrets {
    ike-gw {
        id-own = ${own}
        id-peer = ${peer}
        secret = "${key}"
    }
}
`,
});
const conn = (own: string, peer: string): Files => ({
  'ipsec.conf': `conn gw
	left=${own}
	right=${peer}
	leftid=${own}
	rightid=${peer}
	authby=secret
	ike=aes256-sha2_256;modp2048
	esp=aes128-sha2_256
	pfs=no
	type=transport
	auto=start
`,
  'ipsec.secrets': `${own} ${peer} : PSK "${key}"\n`,
});
const racoon = (own: string, peer: string): Files => ({
  'racoon.conf': `path pre_shared_key "psk.txt";
remote ${peer} {
	exchange_mode main;
	my_identifier address ${own};
	peers_identifier address ${peer};
	verify_identifier on;
	proposal {
		encryption_algorithm aes 256;
		hash_algorithm sha256;
		authentication_method pre_shared_key;
		dh_group modp2048;
	}
}
sainfo address ${own} any address ${peer} any {
	encryption_algorithm aes 128;
	authentication_algorithm hmac_sha256;
	compression_algorithm deflate;
	lifetime time 1 hour;
}
`,
  'setkey.conf': `spdadd ${own} ${peer} any -P out ipsec esp/transport//require;
spdadd ${peer} ${own} any -P in ipsec esp/transport//require;
`,
  'psk.txt': `${peer} ${key}\n`,
});
const iked = (own: string, peer: string): Files => ({
  'iked.conf': `ikev2 "gw" active transport esp from ${own} to ${peer} \\
	local ${own} peer ${peer} \\
	ikesa enc aes-256 prf hmac-sha2-256 auth hmac-sha2-256 group modp2048 \\
	childsa enc aes-128 auth hmac-sha2-256 group none \\
	srcid ${own} dstid ${peer} \\
	psk "${key}"
`,
});
const records = (own: string, peer: string): Files => ({
  'records.conf': `# ipsec-dialect: extended
add host h -source ${own} -destination ${peer} -priority 10 -action ESP_AES128_HMAC_SHA2_256/3600/0
add ikev2 i -remote ${peer} -priority 10 -group 14 -hash HMAC-SHA2-256 -encryption AES256-CBC -prf HMAC-SHA2-256 -life 28800 -pfs OFF
add auth p -remote ${peer} -priority 10 -kmp IKEV2 -preshared ${key}
`,
});

const formats = { swan, conn, racoon, iked, records };
type Format = keyof typeof formats;
const [here, there] = ['192.0.2.1', '198.51.100.2'];

/** A fault: a text that is replaced in a file of one end. */
interface Fault {
  readonly what: string;
  readonly from: string;
  readonly to: string;
  /** What is suggested for this end, and for a swanctl.conf at the other one. */
  readonly own?: RegExp;
  readonly peer?: RegExp;
}

const faults: Readonly<Record<Exclude<Format, 'records'>, readonly Fault[]>> = {
  swan: [
    {
      what: 'group',
      from: 'sha256-modp2048',
      to: 'sha256-ecp256',
      own: /^add aes256-sha256-modp2048 to proposals/,
      peer: /^add aes256-sha256-ecp256 to proposals/,
    },
    {
      what: 'cipher',
      from: 'aes256-sha256-modp',
      to: 'aes128gcm16-prfsha256-modp',
      own: /^add aes256-sha256-modp2048 to proposals/,
      peer: /^add aes128gcm16-prfsha256-modp2048 to proposals/,
    },
    {
      what: 'ESP integrity',
      from: 'aes128-sha256',
      to: 'aes128-sha1',
      own: /^add aes128-sha256 to esp_proposals/,
      peer: /^add aes128-sha1 to esp_proposals/,
    },
    {
      what: 'PFS',
      from: 'esp_proposals = aes128-sha256',
      to: 'esp_proposals = aes128-sha256-modp2048',
      own: /^add aes128-sha256 to esp_proposals/,
      peer: /^put aes128-sha256-modp2048 first in esp_proposals/,
    },
    {
      what: 'identity',
      from: 'id = 192.0.2.1\n        }',
      to: 'id = gw.example.org\n        }',
      own: /^set local\.id = 192\.0\.2\.1/,
      peer: /^set remote\.id = gw\.example\.org/,
    },
    {
      what: 'key',
      from: key,
      to: 'Another_key_altogether_4',
      own: /^give connection 'gw' the key of connection 'gw' of there/,
      peer: /^give connection 'gw' the key of connection 'gw' of here/,
    },
    {
      what: 'version',
      from: 'version = 2',
      to: 'version = 1',
      own: /^set version = (?:0|2)/,
      peer: /^set version = (?:0|1)/,
    },
  ],
  conn: [
    {
      what: 'group',
      from: ';modp2048',
      to: ';dh19',
      own: /^add aes_?256-sha2_256;(?:modp2048|dh14) to ike=/,
      peer: /^add aes256-sha256-ecp256 to proposals/,
    },
    {
      what: 'cipher',
      from: 'ike=aes256',
      to: 'ike=aes128',
      own: /^add aes_?256-sha2_256;/,
      peer: /^add aes128-sha256-modp2048 to proposals/,
    },
    {
      what: 'ESP integrity',
      from: 'esp=aes128-sha2_256',
      to: 'esp=aes128-sha1',
      own: /^add aes_?128-sha2_256 to esp=/,
      peer: /^add aes128-sha1 to esp_proposals/,
    },
    {
      what: 'PFS',
      from: 'pfs=no',
      to: 'pfs=yes',
      own: /^set pfs=no/,
      peer: /^put aes128-sha256-modp2048 first in esp_proposals/,
    },
    {
      what: 'identity',
      from: 'leftid=192.0.2.1',
      to: 'leftid=@gw.example.org',
      // Its secret belongs to its address: another name has none, whatever the peer expects.
      own: /^set leftid=192\.0\.2\.1/,
    },
    {
      what: 'key',
      from: key,
      to: 'Another_key_altogether_4',
      own: /^give conn 'gw' the key of connection 'gw' of there/,
      peer: /^give connection 'gw' the key of conn 'gw' of here/,
    },
  ],
  racoon: [
    {
      what: 'group',
      from: 'dh_group modp2048',
      to: 'dh_group modp3072',
      own: /^add proposal \{ encryption_algorithm aes 256; hash_algorithm sha256; dh_group modp2048; \}/,
      peer: /^add aes256-sha256-modp3072 to proposals/,
    },
    {
      what: 'hash',
      from: 'hash_algorithm sha256',
      to: 'hash_algorithm sha1',
      own: /^add proposal \{ encryption_algorithm aes 256; hash_algorithm sha256;/,
      peer: /^add aes256-sha1-modp2048 to proposals/,
    },
    {
      what: 'ESP cipher',
      from: 'encryption_algorithm aes 128;\n\tauth',
      to: 'encryption_algorithm aes 256;\n\tauth',
      own: /^add aes 128 to encryption_algorithm/,
      peer: /^add aes256-sha256 to esp_proposals/,
    },
    {
      what: 'PFS',
      from: 'lifetime time 1 hour',
      to: 'pfs_group modp2048;\n\tlifetime time 1 hour',
      own: /^take pfs_group out/,
      peer: /modp2048.* esp_proposals/,
    },
    {
      what: 'exchange',
      from: 'exchange_mode main',
      to: 'exchange_mode aggressive',
      own: /^set exchange_mode main/,
      peer: /^set aggressive = yes/,
    },
    {
      what: 'identity',
      from: 'my_identifier address 192.0.2.1',
      to: 'my_identifier fqdn "gw.example.org"',
      own: /^set my_identifier address 192\.0\.2\.1/,
    },
    {
      what: 'key',
      from: key,
      to: 'Another_key_altogether_4',
      own: /^give remote .* the key of connection 'gw' of there/,
      peer: /^give connection 'gw' the key of remote/,
    },
  ],
  iked: [
    {
      what: 'group',
      from: 'group modp2048',
      to: 'group curve25519',
      own: /^add ikesa enc aes-256 auth hmac-sha2-256 prf hmac-sha2-256 group modp2048/,
      peer: /^add aes256-sha256-(?:x|curve)25519 to proposals/,
    },
    {
      what: 'cipher',
      from: 'enc aes-256',
      to: 'enc aes-128',
      own: /^add ikesa enc aes-256/,
      peer: /^add aes128-sha256-modp2048 to proposals/,
    },
    {
      what: 'ESP integrity',
      from: 'aes-128 auth hmac-sha2-256',
      to: 'aes-128 auth hmac-sha2-512',
      own: /^add childsa enc aes-128 auth hmac-sha2-256/,
      peer: /^add aes128-sha512 to esp_proposals/,
    },
    {
      what: 'PFS',
      from: 'group none',
      to: 'group modp2048',
      own: /^set group none in childsa/,
      peer: /^put aes128-sha256-modp2048 first in esp_proposals/,
    },
    {
      what: 'identity',
      from: 'srcid 192.0.2.1',
      to: 'srcid gw.example.org',
      own: /^set srcid 192\.0\.2\.1/,
      peer: /^set remote\.id = gw\.example\.org/,
    },
    {
      what: 'key',
      from: key,
      to: 'Another_key_altogether_4',
      own: /^give ikev2 'gw' the key of connection 'gw' of there/,
      peer: /^give connection 'gw' the key of ikev2 'gw' of here/,
    },
  ],
};

/** Two hosts of a repository, each with the files of its product. */
function repository(hereFiles: Files, thereFiles: Files): string {
  const under = (host: string, files: Files) =>
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`hosts/${host}/${name}`, text]));
  return folderWith({ ...under('here', hereFiles), ...under('there', thereFiles) });
}

const run = (folder: string, suggest = true) => dryRun([folder], { suggest });

describe.each(Object.keys(faults) as (keyof typeof faults)[])('%s with swanctl.conf', (format) => {
  const version = format === 'racoon' ? 1 : 2;

  it('agrees as it is', async () => {
    const document = await run(repository(formats[format](here, there), swan(there, here, version)));
    expect(document.runs.map(({ verdict }) => [verdict.word, verdict.text])).toEqual(
      document.runs.map(() => ['works', expect.any(String)]),
    );
    expect(document.runs.length).toBeGreaterThan(0);
  });

  it.each(faults[format])('$what: either side can mend it in its own words', async ({ from, to, own, peer }) => {
    const files = formats[format](here, there);
    const broken = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.replace(from, to)]));
    expect(broken).not.toEqual(files);
    const folder = repository(broken, swan(there, here, version));
    const document = await run(folder);
    expect(document.good).toBe(false);
    const changes = document.runs.flatMap(({ suggestions }) => suggestions.map((suggestion) => suggestion.changes));
    const titles = (system: string) =>
      changes.flatMap((list) => list.filter((each) => each.system === system).map(({ title }) => title));
    const about = JSON.stringify(
      document.runs.map(({ verdict, suggestions }) => [
        verdict.word,
        verdict.step,
        verdict.text,
        suggestions.map(({ changes: list }) => list.map(({ title }) => title)),
      ]),
    );
    if (own) expect(titles('here'), about).toContainEqual(expect.stringMatching(own));
    if (peer) expect(titles('there'), about).toContainEqual(expect.stringMatching(peer));
    expect(JSON.stringify(document)).not.toMatch(/Mended_in_own|Another_key/);
    for (const list of changes)
      for (const change of list) {
        // Where a file has no key yet, there is no place to write one to.
        if (change.title.startsWith('give ') && !change.at) continue;
        expect(change.diff.length, change.title).toBeGreaterThan(0);
        expect(change.at?.line).toBeGreaterThan(0);
      }
    // Every suggestion of one change, put into the file by hand.
    for (const [change] of changes.filter((list) => list.length === 1)) await appliedWorks(folder, change!);
  });
});

/** Puts the lines of a suggestion into its file, and negotiates. */
async function appliedWorks(folder: string, change: ChangeDocument): Promise<void> {
  if (isMasked(change)) return;
  const document = await withChanges(folder, [change], () => run(folder, false));
  expect(
    document.runs.some(({ verdict }) => verdict.word === 'works'),
    `${change.title}\n${change.diff.join('\n')}`,
  ).toBe(true);
}

it('records and swanctl.conf: each side in its own language', async () => {
  const broken = { 'swanctl.conf': swan(there, here)['swanctl.conf']!.replace('modp2048', 'modp3072') };
  const document = await run(repository(records(here, there), broken));
  const titles = document.runs[0]!.suggestions.flatMap(({ changes }) =>
    changes.map(({ system, title }) => `${system}: ${title}`),
  );
  expect(titles).toEqual([
    "there: add aes256-sha256-modp2048 to proposals in connection 'gw'",
    "here: add 15 to -group of ikev2 'i'",
  ]);
});
