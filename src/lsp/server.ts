/** The language server: requests of an editor, answered by the parts beside this file. */
import {
  CodeActionKind,
  type Connection,
  DidChangeWatchedFilesNotification,
  ErrorCodes,
  type InitializeParams,
  type InitializeResult,
  MessageType,
  type Position,
  ResponseError,
  ShowMessageNotification,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node';
import type { Finding } from '../model/finding.js';
import { actionsAt, fixAllKind, formattingOf } from './actions.js';
import { completionsAt } from './completion.js';
import { carried, diagnosticOf, uriOfSource } from './diagnostics.js';
import { type OpenDocument, openDocument } from './document.js';
import { hoverAt } from './hover.js';
import type { FindingsByFile } from './judge.js';
import { definitionsAt, locationOf, occurrences, rename, symbolAt } from './names.js';
import { foldingsOf, symbolsOf } from './outline.js';
import { changed, offsetAt, rangeOf } from './text.js';
import { createWorkspace, type DocumentSystem, keyOf, largeText } from './workspace.js';

/** A hover is not kept waiting for a large text that is read or judged: what follows from that is left out then. */
const hoverWaitMillis = 250;

/** Answers on a connection until the editor ends it. */
export function serve(connection: Connection, version: string): void {
  let watches = false;
  /** What was told last, by key of the document. */
  const told = new Map<string, readonly Finding[]>();
  const workspace = createWorkspace({
    onFindings: publish,
    onTrouble: (message) =>
      void connection.sendNotification(ShowMessageNotification.type, {
        type: MessageType.Warning,
        message: `ipsec: ${message}`,
      }),
  });

  connection.onInitialize((params: InitializeParams): InitializeResult => {
    watches = params.capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration ?? false;
    return {
      serverInfo: { name: 'ipsec', version },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        hoverProvider: true,
        completionProvider: { triggerCharacters: [' ', '-', ',', '+', '#'] },
        definitionProvider: true,
        referencesProvider: true,
        renameProvider: { prepareProvider: true },
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, fixAllKind] },
        documentFormattingProvider: true,
        foldingRangeProvider: true,
        documentSymbolProvider: true,
      },
    };
  });
  connection.onInitialized(() => {
    if (!watches) return;
    const watchers = ['**/*.conf', '**/*.ipsec', '**/inventory.y{a,}ml', '**/ipsec.config.*'].map((globPattern) => ({
      globPattern,
    }));
    // Without, files that others change are noticed when something is typed or saved.
    connection.client.register(DidChangeWatchedFilesNotification.type, { watchers }).catch(() => {});
  });
  connection.onDidChangeWatchedFiles(() => workspace.refresh());
  connection.onShutdown(() => workspace.close());

  connection.onDidOpenTextDocument(({ textDocument: { uri, version: number, text } }) =>
    workspace.put(openDocument(uri, number, text)),
  );
  connection.onDidChangeTextDocument(({ textDocument: { uri, version: number }, contentChanges }) => {
    const document = workspace.documents.get(uri);
    if (document) workspace.put({ ...document, version: number, source: changed(document.source, contentChanges) });
  });
  connection.onDidSaveTextDocument(() => workspace.refresh());
  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => workspace.remove(uri));

  connection.onHover(({ textDocument, position }) =>
    at(textDocument.uri, position, async (document, offset) => {
      const findings = Promise.race([everyFinding(document), later([], hoverWaitMillis)]);
      const near = workspace.nearSystemOf(document);
      const isLarge = document.source.text.length > largeText;
      const system = isLarge ? Promise.race([near, later(undefined, hoverWaitMillis)]) : near;
      return hoverAt(document, offset, await system, await findings);
    }),
  );
  connection.onCompletion(({ textDocument, position }) =>
    at(textDocument.uri, position, async (document, offset) => [
      ...completionsAt(document, offset, await workspace.nearSystemOf(document)),
    ]),
  );
  connection.onDefinition(({ textDocument, position }) =>
    inSystem(textDocument.uri, position, (document, offset, system) => definitionsAt(document, offset, system)),
  );
  connection.onReferences(({ textDocument, position }) =>
    inSystem(textDocument.uri, position, (document, offset, system) => {
      const symbol = symbolAt(document, offset, system);
      return symbol ? occurrences(symbol, system).map(locationOf) : [];
    }),
  );
  connection.onPrepareRename(({ textDocument, position }) =>
    inSystem(textDocument.uri, position, (document, offset, system) => {
      const symbol = symbolAt(document, offset, system);
      return symbol && symbol.name !== 'default' ? { range: rangeOf(symbol.at), placeholder: symbol.name } : null;
    }),
  );
  connection.onRenameRequest(({ textDocument, position, newName }) =>
    inSystem(textDocument.uri, position, (document, offset, system) => {
      const symbol = symbolAt(document, offset, system);
      if (!symbol) return null;
      const edit = rename(symbol, newName, system);
      if ('refused' in edit) throw new ResponseError(ErrorCodes.InvalidParams, edit.refused);
      return edit;
    }),
  );
  connection.onCodeAction(async ({ textDocument, range, context }) => {
    const document = workspace.documents.get(textDocument.uri);
    if (!document) return [];
    return actionsAt(document, range, await everyFinding(document), context.only);
  });
  connection.onDocumentFormatting(async ({ textDocument }) => {
    const document = workspace.documents.get(textDocument.uri);
    if (!document) return [];
    return formattingOf(document, (await workspace.systemOf(document))?.system.dialect);
  });
  connection.onFoldingRanges(({ textDocument }) => withDocument(textDocument.uri, foldingsOf) ?? []);
  connection.onDocumentSymbol(({ textDocument }) => withDocument(textDocument.uri, symbolsOf) ?? []);
  connection.listen();

  function withDocument<T>(uri: string, work: (document: OpenDocument) => T): T | undefined {
    const document = workspace.documents.get(uri);
    return document && work(document);
  }

  async function at<T>(
    uri: string,
    position: Position,
    work: (document: OpenDocument, offset: number) => Promise<T>,
  ): Promise<T | undefined> {
    const document = workspace.documents.get(uri);
    return document && work(document, offsetAt(document.source, position));
  }

  function inSystem<T>(
    uri: string,
    position: Position,
    work: (document: OpenDocument, offset: number, system: DocumentSystem) => T,
  ): Promise<T | undefined> {
    return at(uri, position, async (document, offset) => {
      const system = await workspace.nearSystemOf(document);
      return system && work(document, offset, system);
    });
  }

  /** Those of the system, and those about pairs that were told and still stand. */
  async function everyFinding(document: OpenDocument): Promise<readonly Finding[]> {
    const own = await workspace.findingsOf(document);
    return [...own, ...carried(told.get(keyOf(document)) ?? [], document.source)];
  }

  function publish(findings: FindingsByFile, complete: boolean): void {
    for (const [key, own] of findings) {
      const earlier = told.get(key) ?? [];
      const document = [...workspace.documents.values()].find((each) => keyOf(each) === key);
      const all = complete || !document ? own : [...own, ...carried(earlier, document.source)];
      // Files without findings that never had any are not worth a message.
      if (all.length === 0 && earlier.length === 0 && !document) continue;
      told.set(key, all);
      void connection.sendDiagnostics({
        uri: document?.uri ?? uriOfSource({ path: key }),
        ...(document ? { version: document.version } : {}),
        diagnostics: all.map(diagnosticOf),
      });
    }
  }
}

function later<T>(value: T, millis: number): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, millis, value).unref());
}
