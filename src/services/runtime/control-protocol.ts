/**
 * What the daemon and its commands say to each other over a unix socket: JSON, one object a line, versioned. The socket is
 * 0600 in a folder that is 0700; nothing secret passes over it in either direction.
 */
import { z } from 'zod';
import { reportKinds } from './report-document.js';

export const controlVersion = 1;

/** Octets of one line; a list of ten thousand SAs has its place. */
export const lineOctetsMax = 16 * 1024 * 1024;

const saId = z.string().regex(/^(?:ike|child):[1-9]\d{0,9}$/, 'names an SA as ike:1 or child:2');

/** Methods and their parameters. */
export const controlMethods = {
  status: z.strictObject({}),
  stop: z.strictObject({ keepBlocked: z.boolean().optional() }),
  reload: z.strictObject({}),
  initiate: z.strictObject({ record: z.string().min(1).max(256).optional(), packet: z.string().max(512).optional() }),
  report: z.strictObject({ kinds: z.array(z.enum(reportKinds)).max(16) }),
  'sa.list': z.strictObject({}),
  'sa.rekey': z.strictObject({ sa: saId }),
  'sa.delete': z.strictObject({ sa: saId }),
  'sa.flush': z.strictObject({}),
  'log.level': z.strictObject({ level: z.enum(['error', 'warning', 'info', 'debug']).optional() }),
  /** Events follow as `{ v, event }` until the connection ends; `backlog`: so many of the past first. */
  follow: z.strictObject({ backlog: z.number().int().min(0).max(10_000).optional() }),
} as const;

export type ControlMethod = keyof typeof controlMethods;
export type ControlParams<M extends ControlMethod> = z.infer<(typeof controlMethods)[M]>;

export const requestSchema = z.strictObject({
  v: z.literal(controlVersion),
  id: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  method: z.string(),
  params: z.unknown().optional(),
});

export interface ControlFault {
  readonly code: string;
  readonly message: string;
  readonly hints: readonly string[];
}

export type ControlReply =
  | { readonly v: 1; readonly id: number; readonly result: unknown }
  | { readonly v: 1; readonly id: number; readonly error: ControlFault }
  | { readonly v: 1; readonly event: unknown };

/** JSON of a line; 64-bit numbers become decimal text. */
export function controlLine(value: unknown): string {
  return `${JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? each.toString() : each))}\n`;
}

/** Splits what a stream brings into lines; undefined once a line is longer than may be. */
export function createLineSplitter(): (chunk: Uint8Array) => readonly string[] | undefined {
  const decoder = new TextDecoder();
  let rest = '';
  return (chunk) => {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineOctetsMax || lines.some((line) => line.length > lineOctetsMax)) return undefined;
    return lines.filter((line) => line.trim() !== '');
  };
}
