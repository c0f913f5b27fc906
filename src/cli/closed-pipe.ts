/**
 * Ends the program quietly when the reader of its output has gone, as `ipsec policy rules | head -1` does.
 *
 * The exit code is the one reached so far. A command that changes a host must not be cut off in the middle of it because a
 * pager was closed: it goes on, and what it writes is dropped.
 */
let endsOnClosedPipe = true;

/** Says that the running command goes on when its output is closed. */
export function outliveClosedPipe(): void {
  endsOnClosedPipe = false;
}

/** Puts the handlers on both streams; once for a process. */
export function handleClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (endsOnClosedPipe) process.exit();
    });
  }
}
