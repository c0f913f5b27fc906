/** Secrets that belong to identities (swanctl.conf) decide in a dry run as they do in the product. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { negotiate } from '../../../src/services/negotiate/negotiate.js';
import { folderWith } from '../../support/folder.js';

function conf(own: string, peer: string, id: string, remoteId: string, secrets: readonly Owned[]): string {
  const list = secrets.map(([owner, secret], index) => `ike-${index} { id-1 = ${owner}\n secret = "${secret}"\n }`);
  return `connections {
  c {
    version = 2
    local_addrs = ${own}
    remote_addrs = ${peer}
    local {
      auth = psk
      id = ${id}
    }
    remote {
      auth = psk
      id = ${remoteId}
    }
    children {
      k {
        mode = transport
      }
    }
  }
}
secrets {
${list.join('\n')}
}
`;
}

type Owned = readonly [owner: string, secret: string];

async function outcome(secretsOfA: readonly Owned[], secretsOfB: readonly Owned[] = [['a.example', 'Sand7-Plover']]) {
  const folder = folderWith({
    'a/swanctl.conf': conf('192.0.2.1', '192.0.2.2', 'a.example', '%any', secretsOfA),
    'b/swanctl.conf': conf('192.0.2.2', '192.0.2.1', 'b.example', 'a.example', secretsOfB),
  });
  const { document } = await negotiate({
    systems: ['a', 'b'].map((name) => path.join(folder, name, 'swanctl.conf')),
    further: [],
    beginsAt: new Date('2026-01-01T00:00:00Z'),
    profiles: [],
    faults: { nat: [] },
    detail: 'messages',
    suggest: false,
    initiator: 'B',
    untilMillis: 60_000,
  });
  return document.runs.map(({ verdict, failure }) => failure?.code ?? verdict.word);
}

describe('a responder that expects anybody', () => {
  it('takes the key of who the peer says it is', async () => {
    const secrets: Owned[] = [
      ['c.example', 'Reed4-Heron'],
      ['b.example', 'Sand7-Plover'],
    ];
    expect(await outcome(secrets)).toEqual(['works']);
  });

  it('does not believe a peer that has another key', async () => {
    const secrets: Owned[] = [
      ['c.example', 'Sand7-Plover'],
      ['b.example', 'Reed4-Heron'],
    ];
    expect(await outcome(secrets)).toEqual(['authentication-failed']);
  });

  it('tries every key that fits either identity, as charon does', async () => {
    const secrets: Owned[] = [
      ['b.example', 'Reed4-Heron'],
      ['a.example', 'Sand7-Plover'],
    ];
    expect(await outcome(secrets, secrets)).toEqual(['works']);
  });
});
