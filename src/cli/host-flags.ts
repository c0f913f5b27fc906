/** Flags of the commands that look at this host or change it, and what they mean to a session. */
import { Flags } from '@oclif/core';
import { UsageError } from '../model/tool-error.js';
import { meansOptions, type SessionOptions } from '../services/host-session.js';
import { stateDirFlag } from './flags.js';

const helpGroup = 'HOST';

/** A length of time: `90s`, `5m`, `1h`, or seconds without a unit; as milliseconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'TIME',
  parse: async (input) => parseDuration(input),
});

const unitSeconds: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600 };
const durationSecondsMax = 24 * 3600;

/** Milliseconds of a length of time. Throws UsageError for what is none, or is longer than a day. */
export function parseDuration(input: string): number {
  const [, number, unit] = /^(\d{1,6})(s|m|h)?$/.exec(input) ?? [];
  const seconds = Number(number) * (unitSeconds[unit ?? ''] ?? Number.NaN);
  if (!Number.isFinite(seconds) || seconds > durationSecondsMax) {
    throw new UsageError(`"${input}" is not a length of time`, { hints: ['Write it as 30s, 5m or 1h, up to 24h.'] });
  }
  return seconds * 1000;
}

export const hostFlags = {
  'state-dir': stateDirFlag,
  backend: Flags.option({ options: ['xfrm'] as const })({
    helpGroup,
    default: 'xfrm',
    summary: 'Which IPsec stack of the host: xfrm is the one of Linux.',
  }),
  means: Flags.option({ options: meansOptions })({
    helpGroup,
    default: 'netlink',
    helpValue: 'MEANS',
    summary: 'How to talk to it: netlink, or ip(8) where that cannot be had.',
  }),
};

/** For commands that change something, and must be the only ones. */
export const lockFlags = {
  'lock-timeout': durationFlag({
    helpGroup,
    default: 30_000,
    defaultHelp: async () => '30s',
    summary: 'Wait so long for another ipsec that is changing this host.',
  }),
};

/** Which system of the records this host is. */
export const systemFlag = Flags.string({
  helpValue: 'NAME',
  summary: 'The system that this host is, where the paths hold several.',
});

interface HostFlagValues {
  readonly 'state-dir'?: string;
  readonly means?: (typeof meansOptions)[number];
  readonly 'lock-timeout'?: number;
}

/** The session's options for parsed flags; with a lock for commands that have `lockFlags`. */
export function sessionOptions(flags: HostFlagValues): SessionOptions {
  return {
    ...(flags['state-dir'] === undefined ? {} : { stateDir: flags['state-dir'] }),
    ...(flags.means === undefined ? {} : { means: flags.means }),
    ...(flags['lock-timeout'] === undefined ? {} : { lockMillis: flags['lock-timeout'] }),
  };
}
