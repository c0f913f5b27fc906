/** Our own data path with the programs that belong to it, for the daemon and for `runtime cleanup`. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cleanUpHost, guardHost, guardHostAgain } from '../../backends/userspace/host/host.js';
import { namesDefault } from '../../backends/userspace/host/names.js';
import {
  createUserspaceDataPath,
  type UserspaceDataPath,
  type UserspaceOptions,
} from '../../backends/userspace/userspace-data-path.js';
import { systemView } from '../../model/peer/system-view.js';
import type { SystemConfig } from '../../model/system-config.js';
import { EnvironmentError } from '../../model/tool-error.js';

export type { UserspaceDataPath } from '../../backends/userspace/userspace-data-path.js';

/** Beside the chunks of the program (scripts/build-program.mjs). */
const workerFile = () => new URL('./data-path-worker.mjs', import.meta.url);

/** A data path that is not started yet. */
export function userspaceDataPath(options: Omit<UserspaceOptions, 'workerFile'>): UserspaceDataPath {
  const file = workerFile();
  if (!existsSync(fileURLToPath(file))) {
    throw new EnvironmentError('the program of the data path’s workers is missing', {
      code: 'NOT_BUILT',
      hints: ['Install the package again; in a checkout, run "npm run build" or bin/dev.js.'],
    });
  }
  return createUserspaceDataPath({ ...options, workerFile: file });
}

/** Keeps back what a system protects until a data path of it is started here, or `cleanUpAfterRuntime` gives it free. */
export function guardUntilRuntime(config: SystemConfig, stateDir: string): Promise<void> {
  const forwards = systemView(config).forward.protects;
  return guardHost(config, { names: namesDefault, stateDir, forwards });
}

/** The same with what was kept back last here; false where that is not known. */
export function guardAsBefore(stateDir: string): Promise<boolean> {
  return guardHostAgain({ names: namesDefault, stateDir });
}

/** Takes away what a runtime that is gone has left on the host; false where there was nothing. */
export function cleanUpAfterRuntime(stateDir: string): Promise<boolean> {
  return cleanUpHost(stateDir);
}
