/** Schemas of the tool's own files; JSON Schema is made from them (`ipsec schema NAME`). */
import * as z from 'zod';
import { parseAddress, parseRange } from '../../model/address.js';
import { dialects } from '../../model/language/dialect.js';
import { dataPathNames } from '../../model/peer-profile/data-path.js';
import { peerProfileNames } from '../../model/peer-profile/peer-profile.js';

const severity = z.enum(['error', 'warning', 'info']);
const ruleList = z.array(z.string()).describe('Rule codes, beginnings of codes (SHD), slugs, or ALL');
const address = z.string().refine((text) => parseAddress(text) !== undefined, 'not an IP address');
const product = z
  .enum(peerProfileNames)
  .describe('How its IPsec behaves where the RFCs leave a choice (see `ipsec policy rules SEL006`)');
const addressRange = z
  .string()
  .refine((text) => parseRange(text) !== undefined, 'neither an address nor a prefix nor a range');

const fileRoot = z
  .string()
  .describe(
    'Folder that stands for the root of the file system: absolute paths of certificates are looked for below it',
  );

export const lintConfigSchema = z
  .strictObject({
    select: ruleList.optional(),
    extendSelect: ruleList.optional(),
    ignore: ruleList.optional(),
    severity: z
      .record(z.string(), z.enum(['error', 'warning', 'info', 'off']))
      .optional()
      .describe('Severity by rule code'),
    failLevel: severity.optional().describe('Findings at or above it make the run fail'),
    maxWarnings: z.int().min(0).optional(),
    profiles: z.array(z.string()).optional().describe('Guidance profiles'),
    peerProfile: product.optional().describe('How peers behave of which nothing else is known'),
    perFile: z.record(z.string(), ruleList).optional().describe('Rules to ignore by glob of files'),
    baseline: z.string().optional().describe('Baseline file'),
    expiryDays: z
      .int()
      .min(0)
      .max(3650)
      .optional()
      .describe('Days before a certificate expires to say so; 30 unless told'),
    budget: z.int().min(1000).optional().describe('Units of work for one exact question'),
  })
  .describe('What `ipsec policy lint` reports');

const extraValue = z
  .strictObject({
    algorithm: z.string().optional().describe('Name in the tables of transforms, for a word that the list lacks'),
    since: z.enum(dialects).optional().describe('First dialect that takes the word; A.02 unless told'),
    until: z.enum(dialects).optional().describe('Last dialect that takes it'),
    note: z.string().optional().describe('Where it is known from'),
  })
  .describe('A word of a list of IKE values, by the word itself');

const extraWords = z.record(z.string(), extraValue).optional();

export const extraValuesSchema = z
  .strictObject({
    ike: z.strictObject({ group: extraWords, hash: extraWords, encryption: extraWords }).optional(),
    ikev1: z.strictObject({ group: extraWords, hash: extraWords, encryption: extraWords }).optional(),
    ikev2: z.strictObject({ group: extraWords, hash: extraWords, encryption: extraWords, prf: extraWords }).optional(),
  })
  .describe('Further words of the lists of IKE values, or other dialects for words that they have');

export const toolConfigSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1).optional(),
    dialect: z.enum(dialects).optional().describe('Dialect of files that state none'),
    target: z.enum(['hpux', 'linux-xfrm', 'userspace']).optional().describe('Where the policies run'),
    defaults: z.string().optional().describe('Profile file with default values of records'),
    format: z.string().optional().describe('Format of files, as swanctl or swanctl@6.0; detected unless told'),
    strict: z.boolean().optional().describe('Accept only argument names written in full'),
    hosts: z.string().optional().describe('Folder with one folder of records a host; `hosts` unless told'),
    inventory: z.string().optional().describe('Inventory file; inventory.yaml unless told'),
    files: z.array(z.string()).optional().describe('Globs of record files; **/*.conf and **/*.ipsec unless told'),
    exclude: z.array(z.string()).optional().describe('Globs of files to leave out'),
    fileRoot: fileRoot.optional(),
    values: extraValuesSchema.optional(),
    lint: lintConfigSchema.optional(),
  })
  .describe('Configuration of ipsec for a folder and everything below it');

const management = z
  .array(
    z.strictObject({
      name: z.string().optional().describe('Who it is, for messages'),
      from: z.array(addressRange).min(1),
      port: z.int().min(1).max(65535).optional().describe('TCP port of the host; 22 unless told'),
    }),
  )
  .describe('From where hosts are administered, by people and by CI: no policy may cut that off (rule ACT009)');

export const inventorySchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1).optional(),
    hosts: z.record(
      z.string(),
      z.strictObject({
        addresses: z.array(address).optional().describe("The host's own addresses"),
        roles: z.array(z.enum(['host', 'gateway'])).optional(),
        behindNat: z.boolean().optional().describe('Peers see another address than its own'),
        publicAddress: address.optional().describe('The address that peers see'),
        target: z.enum(['hpux', 'linux-xfrm', 'userspace']).optional(),
        product: product.optional(),
        dataPath: z
          .enum(dataPathNames)
          .optional()
          .describe(
            "What carries its packets; libipsec: strongSwan's kernel-libipsec, without transport mode, AH and ESN",
          ),
        dialect: z.enum(dialects).optional(),
        format: z.string().optional().describe('Format of its files, as swanctl or swanctl@6.0; detected unless told'),
        defaults: z.string().optional().describe('Profile file with default values of records'),
        fileRoot: fileRoot.optional(),
        linkMbps: z.number().positive().optional().describe('Speed of its fastest link'),
        mtu: z.int().min(576).max(65535).optional(),
        management: management.optional(),
      }),
    ),
    management: management.optional(),
    peers: z
      .record(z.string(), z.strictObject({ addresses: z.array(addressRange).min(1), product }))
      .optional()
      .describe('Peers outside of the repository whose product is known, by name'),
  })
  .describe('The systems of a repository and what the records do not say about them');

export type LintConfig = z.infer<typeof lintConfigSchema>;
export type ToolConfig = z.infer<typeof toolConfigSchema>;
export type Inventory = z.infer<typeof inventorySchema>;

/** JSON Schema (draft 2020-12) of one of the tool's own files. */
export function jsonSchemaOf(name: 'config' | 'inventory'): object {
  return z.toJSONSchema(name === 'config' ? toolConfigSchema : inventorySchema, { io: 'input' });
}
