/** What may stand in a scenario file; JSON Schema is made from it (`ipsec schema scenario`). */
import * as z from 'zod';

const duration = z
  .union([z.number().min(0), z.string()])
  .describe('20ms, 90s, 30m, 8h, 2d, 1h30m; a bare number is seconds');
const share = z.union([z.number().min(0).max(1), z.string()]).describe('0 to 1, or a percentage');
const system = z.string().describe('A, B, or the name of a system');

/** Entries of each list in a scenario. */
const listMax = 1_000;

export const scenarioSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1).optional(),
    seed: z.union([z.int().min(0), z.string()]).optional(),
    initiator: z.enum(['A', 'B', 'both']).optional(),
    until: duration.optional(),
    network: z
      .strictObject({
        delay: duration.optional(),
        jitter: duration.optional(),
        loss: share.optional(),
        duplication: share.optional(),
        reordering: share.optional(),
        reorderBy: duration.optional().describe('How much later a reordered packet comes at most'),
        corruption: share.optional().describe('Packets in which one bit is changed'),
        mtu: z.int().min(576).max(65_535).optional(),
        fragments: z.enum(['pass', 'drop']).optional(),
        icmpErrors: z.enum(['pass', 'drop']).optional().describe('Dropped, nobody learns that a path is narrow'),
      })
      .optional(),
    nat: z
      .array(
        z.strictObject({
          host: system,
          public: z.string().optional().describe('The address that peers see; that of the inventory unless told'),
          timeout: duration.optional(),
          rebind: z.array(duration).max(listMax).optional().describe('When all mappings change'),
          esp: z.enum(['pass', 'drop']).optional().describe('ESP without UDP'),
        }),
      )
      .max(listMax)
      .optional(),
    partitions: z
      .array(z.strictObject({ from: duration, to: duration, between: z.tuple([system, system]).optional() }))
      .max(listMax)
      .optional(),
    crashes: z
      .array(z.strictObject({ host: system, at: duration, down: duration }))
      .max(listMax)
      .optional(),
    clocks: z
      .array(
        z.strictObject({
          host: system,
          ahead: duration.optional(),
          drift: z.number().optional().describe('Parts per million'),
        }),
      )
      .max(listMax)
      .optional(),
    starts: z
      .array(system)
      .max(listMax)
      .optional()
      .describe(
        'Systems that start by themselves what their configurations say (start_action, auto=start, -start) before the first packet; the others do so only after a crash',
      ),
    packets: z
      .array(z.strictObject({ at: duration, from: system, packet: z.string() }))
      .max(listMax)
      .optional(),
  })
  .describe('What goes wrong in a dry run of ipsec negotiate, and when');

export type ScenarioFile = z.infer<typeof scenarioSchema>;

/** JSON Schema (draft 2020-12) of a scenario file. */
export function scenarioJsonSchema(): object {
  return z.toJSONSchema(scenarioSchema, { io: 'input' });
}
