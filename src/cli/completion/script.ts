/** The completion script of a shell. */
import { guidanceProfileWords, ruleWords } from '../../services/completion-words.js';
import { globalFlags } from '../flags.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { completionModel, type ModelInput } from './model.js';
import { zshScript } from './zsh.js';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** Made anew from the commands of this very program, so that it cannot be older than they are. */
export function completionScript(
  shell: Shell,
  input: Pick<ModelInput, 'programs' | 'commands' | 'topics' | 'schemas'>,
): string {
  const model = completionModel({
    ...input,
    globalFlags: Object.keys(globalFlags),
    rules: ruleWords(),
    profiles: guidanceProfileWords(),
  });
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](model);
}
