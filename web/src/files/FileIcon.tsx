import { File, FileText, Film, Image, Music } from 'lucide-react';

import { kindOf } from './kinds';

const ICONS = { picture: Image, audio: Music, video: Film, pdf: FileText, other: File };

/** What kind of file it is, for those who see. */
export function FileIcon({ type }: { readonly type: string }) {
  const Icon = ICONS[kindOf(type)];
  return <Icon aria-hidden="true" />;
}
