/** The parts of this folder, each with its texts, when it is shown first. */
import { type ComponentType, lazy } from 'react';

import { loadTexts } from '../app/i18n';

function later<P>(load: () => Promise<ComponentType<P>>) {
  return lazy(async () => {
    const [component] = await Promise.all([load(), loadTexts('moderation')]);
    return { default: component };
  });
}

export const ReportDialog = later(async () => (await import('./ReportDialog')).ReportDialog);
export const ReportsPage = later(async () => (await import('./ReportsPage')).ReportsPage);
export const BlockedPeople = later(async () => (await import('./BlockedPeople')).BlockedPeople);
export const Webhooks = later(async () => (await import('./Webhooks')).Webhooks);
export const MyData = later(async () => (await import('./MyData')).MyData);
