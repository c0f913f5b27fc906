/**
 * Ends the program quietly when the reader of its output has gone, as `ipsec policy rules | head -1` does.
 *
 * The exit code is the one reached so far. A command that changes a host must not be cut off in the middle of it because a
 * pager was closed: it goes on, and what it writes is dropped.
 */
let endsOnClosedPipe = true;

/** Says that the running command goes on when its output is closed, or cannot be written for another reason (a full disk). */
export function outliveClosedPipe(): void {
  endsOnClosedPipe = false;
  for (const stream of [process.stdout, process.stderr]) {
    // oclif's own listener throws whatever is no closed pipe.
    stream.removeAllListeners('error');
    stream.on('error', () => {});
  }
}

/** Watches the standard output; once for a process. (That of errors is opened by few runs; see `isClosedPipe`.) */
export function handleClosedPipes(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!isClosedPipe(error)) throw error;
    onClosedPipe();
  });
}

/**
 * Is this what a stream says whose reader has gone? A terminal that was hung up says EIO. An uncaught one comes from the stream for errors.
 */
export function isClosedPipe(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || (code === 'EIO' && syscall === 'write');
}

/** Ends the program, unless it is to outlive this. */
export function onClosedPipe(): void {
  if (endsOnClosedPipe) process.exit();
}
