/**
 * What the exit code of every command means. The numbers are an interface: scripts branch on them, so none is ever given
 * a second meaning.
 */
export const exitCode = {
  /** Done, and the answer is good. */
  good: 0,
  /** Done, and the answer is bad: findings at or above the fail level, negotiation failed, assertion failed, drift. */
  bad: 1,
  /** The command line or the tool's own configuration is wrong; nothing was done. */
  usage: 2,
  /** `plan --detailed-exitcode` only: the plan holds changes. */
  changesPresent: 2,
  /** A fault of ours. */
  internal: 3,
  /** A privilege, kernel feature or tool is missing, or the host refused. */
  environment: 4,
  /** Applying failed and was rolled back: the host is as before. */
  rolledBack: 5,
  /** Applying failed and could not be rolled back. */
  notRolledBack: 6,
  /**
   * Interrupted. A command that holds nothing is ended by the signal itself, which shells report as the same 130; one
   * that must tidy up first (apply rolls back) exits with this number.
   */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
