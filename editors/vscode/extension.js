/** Starts `ipsec lsp` for the documents that it knows, and ends it. */
const vscode = require('vscode');
const { LanguageClient, TransportKind } = require('vscode-languageclient/node');

const foreign = ['**/swanctl.conf', '**/ipsec.conf', '**/racoon.conf', '**/iked.conf'];

/** @type {import('vscode-languageclient/node').LanguageClient | undefined} */
let client;

async function activate() {
  const settings = vscode.workspace.getConfiguration('ipsec');
  const command = settings.get('path') || 'ipsec';
  const server = { command, args: ['lsp'], transport: TransportKind.stdio };
  const others = settings.get('otherProducts') ? foreign.map((pattern) => ({ scheme: 'file', pattern })) : [];
  client = new LanguageClient('ipsec', 'IPsec policy', server, {
    documentSelector: [{ language: 'ipsec-policy' }, ...others],
  });
  try {
    await client.start();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(`${command} lsp does not start: ${reason}. Is ipsec.path the right program?`);
  }
}

async function deactivate() {
  await client?.stop();
}

module.exports = { activate, deactivate };
