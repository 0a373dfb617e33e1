export declare const store = "store";
