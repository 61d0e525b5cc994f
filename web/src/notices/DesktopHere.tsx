import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { noticesShowText, setNoticesShowText } from '../app/preferences';
import { Button } from '../ui/Button';
import { Checkbox } from '../ui/Checkbox';
import { askPermission, permission } from './desktop';

/** For the settings: whether this browser shows desktop notices, and whether they hold the text. Both belong to the browser, not to the person. */
export function DesktopHere() {
  const { t } = useTranslation('notices');
  const [now, setNow] = useState(permission);
  const [text, setText] = useState(noticesShowText);
  return (
    <>
      <h3>{t('here.title')}</h3>
      <p role="status">{t(`here.${now}`)}</p>
      {now === 'default' && (
        <div>
          <Button onPress={() => void askPermission().then(setNow)}>{t('here.ask')}</Button>
        </div>
      )}
      <Checkbox
        isSelected={text}
        onChange={(shows) => {
          setNoticesShowText(shows);
          setText(shows);
        }}
      >
        {t('here.text')}
      </Checkbox>
    </>
  );
}
