from nowhere.at_all import Args
