/** Files in the room: attaching them (`useAttachments`, `AttachButton`), and showing those of a message (`FileViews`). */
import { lazy } from 'react';

export { AttachButton, useAttachments, type Attachments } from './useAttachments';

/** The files of a message. Stands in a `Suspense`. */
export const FileViews = lazy(() => import('./FileViews').then((module) => ({ default: module.FileViews })));
