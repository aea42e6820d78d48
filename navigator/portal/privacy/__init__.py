"""What a family may ask of its data (152-ФЗ): all of it, who looked at it, that it is deleted; and what is deleted by itself."""
