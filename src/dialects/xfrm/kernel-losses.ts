/** What a kernel's policies do not say of a configuration: everything that IKE is for. */
import type { SpdEntry, SystemConfig } from '../../model/system-config.js';
import { packetLosses } from '../common/packet-losses.js';
import type { DialectReading, Loss } from '../dialect.js';
import { importCodes } from '../option-report.js';

/** Losses that are told for entries of one kind. */
const lossesMax = 200;

/** Compares with what is read back. */
export function kernelLosses(
  config: SystemConfig,
  { config: written, problems }: DialectReading,
  explained: ReadonlySet<SpdEntry>,
): readonly Loss[] {
  // What was left to a daemon before loses nothing.
  const asked = [...config.spd, ...config.forwardSpd].filter(
    ({ action }) =>
      action.kind === 'PROTECT' && action.bundle.some(({ manual, proposals }) => !manual && proposals.length > 0),
  );
  const losses = [
    ...asked.slice(0, lossesMax).map(
      ({ source }): Loss => ({
        effect: 'negotiation',
        message: `${source.record.name}: proposals, lifetimes and when it starts are left to an IKE daemon`,
        source,
      }),
    ),
    ...config.pad.slice(0, lossesMax).map(
      ({ source }): Loss => ({
        effect: 'negotiation',
        message: `${source.record.name}: who the peer is and how it authenticates is left to an IKE daemon`,
        source,
      }),
    ),
  ];
  const more = asked.length + config.pad.length - losses.length;
  if (more > 0) losses.push({ effect: 'negotiation', message: `${more} more entries are left to an IKE daemon` });
  return [
    ...packetLosses(config, written, { explained }),
    ...losses,
    // Nothing that the writers make is refused; should it be, it must be known.
    ...problems
      .filter(({ code }) => code === importCodes.syntax || code === importCodes.badValue)
      .map(({ message }): Loss => ({ effect: 'packets', message: `the text as written is refused: ${message}` })),
  ];
}
