/**
 * What a page does besides showing: the choice of light or dark, opening and closing, filters, and opening everything for print.
 * Without it the page has all of its content.
 */
export const pageScript = `
(() => {
  'use strict';
  const root = document.documentElement;
  root.classList.add('js');
  const kept = (value) => {
    try {
      if (value === undefined) return localStorage.getItem('ipsec-theme');
      if (value === 'auto') localStorage.removeItem('ipsec-theme'); else localStorage.setItem('ipsec-theme', value);
    } catch { /* a file may not keep anything */ }
    return null;
  };
  const themes = ['auto', 'light', 'dark'];
  const button = document.getElementById('theme');
  const show = (theme) => {
    if (theme === 'auto') root.removeAttribute('data-theme'); else root.setAttribute('data-theme', theme);
    if (button) button.textContent = 'Colours: ' + theme;
  };
  let theme = themes.includes(kept()) ? kept() : 'auto';
  show(theme);
  button?.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    kept(theme);
    show(theme);
  });

  document.addEventListener('click', (event) => {
    const control = event.target instanceof Element ? event.target.closest('[data-do]') : null;
    if (!control) return;
    const scope = document.getElementById(control.getAttribute('data-for')) ?? document;
    const action = control.getAttribute('data-do');
    if (action === 'open' || action === 'close') {
      for (const each of scope.querySelectorAll('details.msg')) each.open = action === 'open';
    } else if (action === 'severity') {
      const pressed = control.getAttribute('aria-pressed') !== 'true';
      control.setAttribute('aria-pressed', String(pressed));
      for (const card of scope.querySelectorAll('.card[data-severity="' + control.getAttribute('data-value') + '"]'))
        card.classList.toggle('hide', !pressed);
    }
  });

  // Arrow keys go from message to message.
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const own = event.target instanceof Element ? event.target.closest('.msg > summary') : null;
    if (!own) return;
    const all = [...own.closest('.ladder').querySelectorAll('.msg > summary')];
    const next = all[all.indexOf(own) + (event.key === 'ArrowDown' ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  // A link into something closed opens it.
  const reveal = () => {
    let target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    const found = target;
    for (; target; target = target.parentElement) if (target instanceof HTMLDetailsElement) target.open = true;
    found?.scrollIntoView();
  };
  addEventListener('hashchange', reveal);
  if (location.hash) reveal();

  // On paper nothing can be opened; the fields of payloads would fill a book.
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('details:not([open]):not(.payload)')];
    for (const each of opened) each.open = true;
  });
  addEventListener('afterprint', () => {
    for (const each of opened) each.open = false;
  });
})();
`;
