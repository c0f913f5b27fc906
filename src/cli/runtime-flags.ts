/** Flags of everything that talks to a daemon, or is one. */
import { Flags } from '@oclif/core';

export const runDirFlag = Flags.string({
  env: 'IPSEC_RUN_DIR',
  helpValue: 'DIR',
  summary: "The daemon's folder with its control socket (default: /run/ipsec for root, else the user's own).",
});
