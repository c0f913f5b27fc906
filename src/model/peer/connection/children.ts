/** The children of connections. */
import type { SaTemplate, SystemConfig } from '../../system-config.js';

/** The templates of a connection, each once, in the order in which they are written. */
export function childrenOf({ spd, forwardSpd }: SystemConfig, connection: string | undefined): readonly SaTemplate[] {
  const found = new Set<SaTemplate>();
  for (const { action } of [...spd, ...forwardSpd]) {
    if (action.kind !== 'PROTECT') continue;
    for (const template of action.bundle) if (template.connection === connection) found.add(template);
  }
  const place = ({ source }: SaTemplate) => source.at?.start ?? 0;
  return [...found].sort((a, b) => place(a) - place(b));
}
