/** The language server on the standard input and output of this process. */
import {
  createConnection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { serve } from './server.js';

/** Serves; the library ends the process when the editor says so, or is gone. */
export function serveStdio(version: string): void {
  const [reader, writer] = [new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout)];
  serve(createConnection(ProposedFeatures.all, reader, writer), version);
}
