/** The language server on the standard input and output of this process. */
import {
  createConnection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { serve } from './server.js';

/** What the editor said last is still answered before the process ends with it. */
const graceMillis = 500;

/** Serves; the library ends the process when the editor says so, and without its input it ends by itself. */
export function serveStdio(version: string): void {
  const [reader, writer] = [new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout)];
  for (const event of ['end', 'close'] as const)
    process.stdin.once(event, () => setTimeout(() => process.exit(1), graceMillis).unref());
  serve(createConnection(ProposedFeatures.all, reader, writer), version);
}
