/** The two configurations of a scenario: records of the language, and what only other products' configurations can say. */
import type { Sourced } from '../../../src/model/origin.js';
import { SourceText } from '../../../src/model/span.js';
import type { ChildProposal, SystemConfig } from '../../../src/model/system-config.js';
import { loadSystem } from '../../../src/services/load-system.js';
import type { RecordsWish, Scenario, SideWish } from './scenario.js';

/** What the two systems call themselves and each other. `outside` is how b sees a. */
export interface Places {
  readonly a: string;
  readonly outside: string;
  readonly b: string;
}

export function placesOf({ network }: Scenario): Places {
  return network.nat
    ? { a: '10.0.0.2', outside: '198.51.100.1', b: '192.0.2.2' }
    : { a: '192.0.2.1', outside: '192.0.2.1', b: '192.0.2.2' };
}

const suites = { CBC: 'ESP_AES128_HMAC_SHA1', GCM: 'ESP_AES128_GCM16', AH: 'AH_SHA1' } as const;
const key = 'Sand7-Plover_99x-Reed';

/** The configuration of one side. */
export function configOf(scenario: Scenario, which: 'a' | 'b'): SystemConfig {
  const { records } = scenario;
  const places = placesOf(scenario);
  const [own, peer, other] =
    which === 'a' ? ([places.a, places.b, 'b'] as const) : ([places.b, places.outside, 'a'] as const);
  const text = [
    '# ipsec-dialect: extended',
    ...policies(records, own, peer, flowEnd(scenario, other)),
    ike(records, peer),
    `add auth auth -remote ${peer} -priority 10 -kmp IKEV${records.version} ${records.version === 1 ? `-exchange ${records.exchange}` : ''} -preshared ${key} -ltype FQDN -lid ${which}.example.com -rtype FQDN -rid ${other}.example.com`,
  ].join('\n');
  const { config, problems } = loadSystem({ name: which, sources: [new SourceText(`${which}.conf`, text)] });
  const faults = problems.filter(({ severity }) => severity === undefined || severity === 'error');
  if (faults.length > 0) throw new Error(`${faults.map(({ message }) => message).join('\n')}\n${text}`);
  return adjusted(config, scenario[which], records);
}

/** How a side is called in packets of the other: behind a NAT, what is in a tunnel has its true address. */
export function flowEnd(scenario: Scenario, which: 'a' | 'b'): string {
  const { a, outside, b } = placesOf(scenario);
  if (which === 'b') return b;
  return scenario.records.mode === 'tunnel' ? a : outside;
}

function policies(records: RecordsWish, own: string, peer: string, end: string): string[] {
  const { mode, suite, exclusive, twoPolicies } = records;
  const action = suites[suite];
  const flags = exclusive ? '-flags EXCLUSIVE' : '';
  const of = (name: string, protocol: string, priority: number): string[] => {
    const selectors = `-source ${own} -destination ${end} ${protocol}`;
    if (mode === 'transport') return [`add host ${name} ${selectors} -priority ${priority} -action ${action} ${flags}`];
    return [
      `add tunnel ${name} -tsource ${own} -tdestination ${peer} ${selectors} -action ${action}`,
      `add host ${name} ${selectors} -priority ${priority} -tunnel ${name} -action PASS ${flags}`,
    ];
  };
  return [...(twoPolicies ? of('udp', '-protocol UDP', 10) : []), ...of('all', '', 20)];
}

function ike({ version, pfs }: RecordsWish, peer: string): string {
  const common = `-remote ${peer} -priority 10 -encryption AES128-CBC -pfs ${pfs ? 'ON' : 'OFF'}`;
  return version === 1
    ? `add ikev1 ike ${common} -group 2 -hash SHA1`
    : `add ikev2 ike ${common} -group 31 -hash HMAC-SHA1 -prf HMAC-SHA1`;
}

function say<T>(value: T): Sourced<T> {
  return { value, origin: { kind: 'builtin', what: 'a random scenario' } };
}

function adjusted(config: SystemConfig, wish: SideWish, records: RecordsWish): SystemConfig {
  const { childSeconds, ikeSeconds, reauthenticationSeconds } = records;
  const { dpdSeconds, uniqueness, tries, rekeyShare } = wish;
  // charon starts what is closed again although there is another meanwhile: with reauthentication or unique IDs it has no end.
  const starts = wish.starts.filter((when) => when !== 'onClose' || wish.profile !== 'strongswan');
  const actions = Object.fromEntries(starts.map((when) => [when, say('START' as const)]));
  // Shorter ones than the language allows, so that a run holds many.
  const withLifetimes = (proposal: ChildProposal): ChildProposal => ({
    ...proposal,
    lifetimeSeconds: say(childSeconds),
    lifetimeKilobytes: say(0),
    ...(rekeyShare === undefined ? {} : { rekeySeconds: say(Math.floor(childSeconds * rekeyShare)) }),
  });
  return {
    ...config,
    spd: config.spd.map((entry) =>
      entry.action.kind === 'PROTECT'
        ? {
            ...entry,
            action: {
              ...entry.action,
              bundle: entry.action.bundle.map((template) => ({
                ...template,
                ...actions,
                proposals: template.proposals.map(withLifetimes),
              })),
            },
          }
        : entry,
    ),
    pad: config.pad.map((entry) => ({
      ...entry,
      dpdSeconds: say(dpdSeconds),
      initiationTries: say(tries),
      ...(uniqueness ? { uniqueness: say(uniqueness) } : {}),
    })),
    ikePolicies: config.ikePolicies.map((policy) => ({
      ...policy,
      lifetimeSeconds: say(ikeSeconds),
      ...(rekeyShare === undefined ? {} : { rekeySeconds: say(Math.floor(ikeSeconds * rekeyShare)) }),
      ...(reauthenticationSeconds === undefined ? {} : { reauthenticationSeconds: say(reauthenticationSeconds) }),
    })),
  };
}
