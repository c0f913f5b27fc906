/**
 * Plays records with `-if_id` on a kernel that has XFRM interfaces, inside of a guest: `ipsec apply` without the interface and with it, packets by
 * it and past it, and keys of IKE. Prints one line of JSON; the test outside judges. play-interface PROGRAM CASES.json
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Tried, tried } from './attempts.js';
import {
  batch,
  makeHosts,
  must,
  ping,
  plainEnds,
  removeHosts,
  run,
  type Side,
  sides,
  tcpEcho,
  until,
} from './hosts.js';
import { type Daemon, ours } from './programs.js';

export interface InterfaceCases {
  readonly ifId: number;
  /** Our records with manual keys. */
  readonly manual: Readonly<Record<Side, string>>;
  /** Our records with keys of IKE. */
  readonly ike: Readonly<Record<Side, string>>;
  /** Of right, by TCP through the tunnel with manual keys. */
  readonly ports: readonly number[];
}

export interface InterfaceOutcome {
  fault?: string;
  /** What apply said of the interface, before there was one and when there was. */
  said: string[];
  withoutInterface?: Tried;
  byInterface?: Tried;
  /** By port. */
  tcp: Record<number, Tried>;
  /** A route that leads past the interface. */
  pastIt?: Tried;
  /** The interface is gone, and made anew without another apply. */
  gone?: Tried;
  anew?: Tried;
  ike?: Tried;
  /** `ip xfrm state` of left with keys of IKE, which are taken out. */
  state?: string;
  log?: string;
}

const { inner, outer } = plainEnds;
const otherOf = (side: Side): Side => (side === 'left' ? 'right' : 'left');
const echo = async (): Promise<boolean> => ping('left', inner.left, inner.right);

function makeInterface(side: Side, ifId: number): void {
  batch(side, [`link add ipsec${ifId} type xfrm dev wire if_id ${ifId}`, `link set ipsec${ifId} up`]);
  batch(side, [`route replace ${inner[otherOf(side)]}/32 dev ipsec${ifId} src ${inner[side]}`]);
}

function routePast(side: Side): void {
  const other = otherOf(side);
  batch(side, [`route replace ${inner[other]}/32 via ${outer[other]} dev wire src ${inner[side]}`]);
}

async function play(program: string, cases: InterfaceCases): Promise<InterfaceOutcome> {
  const result: InterfaceOutcome = { said: [], tcp: {} };
  const folder = mkdtempSync(path.join(tmpdir(), 'kernel-case-'));
  const { ifId } = cases;
  const daemons: Daemon[] = [];
  const fileOf = (side: Side, text: string) => {
    const file = path.join(folder, `${side}.conf`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  try {
    makeHosts(plainEnds);
    const apply = (side: Side): string => {
      const words = ['--auto-approve', '--allow-lockout'];
      return must(ours(program, side, folder).ipsec('apply', fileOf(side, cases.manual[side]), ...words));
    };
    const noteOf = (text: string) => /note: (.*XFRM interface.*)/.exec(text)?.[1] ?? text;
    result.said.push(noteOf(apply('left')));
    result.withoutInterface = await tried(folder, echo);
    for (const side of sides) makeInterface(side, ifId);
    result.said.push(noteOf(apply('left')));
    apply('right');
    result.byInterface = await tried(folder, echo);
    for (const port of cases.ports)
      result.tcp[port] = await tried(folder, () => tcpEcho(inner.left, inner.right, port, 5000));
    routePast('left');
    result.pastIt = await tried(folder, echo);
    batch('left', [`link del ipsec${ifId}`]);
    result.gone = await tried(folder, echo);
    makeInterface('left', ifId);
    result.anew = await tried(folder, echo);
    for (const side of sides) {
      const records = fileOf(side, cases.ike[side]);
      ours(program, side, folder).apply(records);
      daemons.push(await ours(program, side, folder).startDaemon(records));
    }
    result.ike = await tried(folder, () => until(40_000, echo));
    result.state = run(['ip', '-n', 'left', 'xfrm', 'state']).text.replace(/0x[0-9a-f]{16,}/g, '[key]');
    if (!result.ike.passed) result.log = daemons.map((daemon) => daemon.log().slice(-4000)).join('\n----\n');
  } catch (error) {
    result.fault = String(error);
  } finally {
    for (const daemon of daemons) daemon.child.kill('SIGKILL');
    removeHosts();
  }
  return result;
}

const [program = '', file = ''] = process.argv.slice(2);
const cases = JSON.parse(readFileSync(file, 'utf8')) as InterfaceCases;
process.stdout.write(`${JSON.stringify(await play(program, cases))}\n`);
process.exit(0);
