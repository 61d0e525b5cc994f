/** Copying from the timeline: several messages become lines that say who and when; a part of one stays what was chosen. */
import type { ClipboardEvent } from 'react';

export function copyMessages(event: ClipboardEvent<HTMLElement>): void {
  const selection = getSelection();
  if (selection === null || selection.rangeCount === 0 || selection.isCollapsed) return;
  const range = selection.getRangeAt(0);
  const messages = [...event.currentTarget.querySelectorAll<HTMLElement>('article')].filter((article) => range.intersectsNode(article));
  if (messages.length < 2) return;
  const lines = messages.map((article) => {
    const [by, words] = ['aria-labelledby', 'aria-describedby'].map((name) => document.getElementById(article.getAttribute(name) ?? ''));
    const who = (by?.textContent ?? '').replace(/\s+/g, ' ').trim();
    return `${who}: ${(words?.innerText ?? '').trim()}`;
  });
  event.clipboardData.setData('text/plain', lines.join('\n'));
  event.preventDefault();
}
