export default import.meta.glob(['../*/locales/de.json', '!../{codes,meeting,flows,emoji,rooms,settings,search,calls,notices,moderation}/**'], { eager: true, import: 'default' });
